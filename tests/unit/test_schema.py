"""What follows from the model: DDL, dbt's sources, the data dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.model import OPS_TABLES, STATE_TABLES
from pipelines.model.dictionary import data_dictionary
from pipelines.warehouse.generated import check_generated, write_generated
from pipelines.warehouse.schema import build_metadata, schema_statements

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("table", STATE_TABLES, ids=lambda table: table.name)
def test_a_table_with_history_begins_with_source_and_ends_with_its_validity(table):
    built = build_metadata().tables[f"ocpi.{table.name}"]
    names = [column.name for column in built.columns]
    assert names[0] == "source"
    assert names[-2:] == ["valid_from", "valid_to"]
    assert [column.name for column in built.primary_key] == ["source", *table.key, "valid_from"]
    assert built.columns["valid_to"].nullable


def test_every_table_and_every_column_has_a_comment():
    for table in build_metadata().tables.values():
        assert table.comment
        assert all(column.comment for column in table.columns), table.name


def test_a_unit_is_part_of_the_comment():
    connector = build_metadata().tables["ocpi.connector"]
    assert connector.columns["max_power_w"].comment.endswith("Unit: W.")


def test_ddl_leaves_percent_signs_alone():
    text = "\n".join(schema_statements())
    assert "Share in the mix. Unit: %." in text
    assert "%%" not in text


def test_the_dictionary_names_every_table_and_column():
    text = data_dictionary()
    for table in (*STATE_TABLES, *OPS_TABLES):
        section = text.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        assert all(f"| `{column.name}` |" in section for column in table.columns)


def test_generated_files_are_what_the_model_says():
    assert check_generated(ROOT) == [], "run: ocpi-warehouse generate"


def test_an_outdated_or_missing_generated_file_is_named(tmp_path):
    write_generated(tmp_path)
    assert check_generated(tmp_path) == []
    dictionary = tmp_path / "docs/data_dictionary.md"
    dictionary.write_text("old")
    (tmp_path / "dbt_project/models/staging/_sources.yml").unlink()
    assert check_generated(tmp_path) == [
        "dbt_project/models/staging/_sources.yml",
        "docs/data_dictionary.md",
    ]
