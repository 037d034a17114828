"""Dialects are declarations: what they name exists, and their schema follows from them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.dialects import DIALECTS, Dialect, Rows
from pipelines.dialects.contract import facts
from pipelines.dialects.declare import Module, read
from pipelines.dialects.shape import leaves, raw_type, shape_of
from pipelines.model import TABLES

EVERY = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
OBJECTS = {"locations": {"Location", "EVSE", "Connector"}, "tariffs": {"Tariff"}}


@EVERY
def test_the_key_of_every_row_is_filled(dialect: Dialect) -> None:
    for module in dialect.modules:
        for rows in module.root.walk():
            given = {f.column for f in rows.fields} | set(rows.constants)
            if rows.model.keyed_by in {"content", "position"}:
                given.add(rows.own_key[-1])
            assert set(rows.own_key) <= given, f"{dialect.name}: {rows.table}"


@EVERY
def test_children_stand_below_their_parents_table(dialect: Dialect) -> None:
    for module in dialect.modules:
        for rows in module.root.walk():
            for child in rows.children:
                assert child.model.parent == rows.table


@EVERY
def test_every_module_has_an_endpoint(dialect: Dialect) -> None:
    for module in dialect.modules:
        assert dialect.protocol.endpoint(module.name) is not None


@EVERY
def test_raw_schemas_ask_for_no_type_that_the_reader_would_repair_silently(
    dialect: Dialect,
) -> None:
    for module in dialect.modules:
        for _, leaf in leaves(shape_of(module)):
            assert leaf.kind in {"text", "number", "flag", "texts"}


def test_the_raw_schema_follows_from_the_declaration() -> None:
    rows = Rows(
        "location",
        at="",
        constants={"party": ""},
        fields=(read("location_id", "id"), read("latitude", "coordinates.latitude")),
        children=(Rows("location_image", at="images[]", fields=(read("url"),)),),
    )
    assert raw_type(shape_of(Module("locations", rows))) == pa.struct(
        [
            ("id", pa.string()),
            ("coordinates", pa.struct([("latitude", pa.float64())])),
            ("images", pa.list_(pa.struct([("url", pa.string())]))),
        ]
    )


def test_a_column_that_the_model_lacks_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="location has no column 'colour'"):
        Rows("location", at="", fields=(read("colour"),))


def test_a_path_cannot_be_declared_in_two_shapes() -> None:
    rows = Rows("location", at="", fields=(read("name", "x"), read("latitude", "x")))
    with pytest.raises(ValueError, match="two shapes"):
        shape_of(Module("locations", rows))


VENDORS_OWN = {
    "location_entrance",
    "connector_status",
    "connector_pricing_reference",
    "tariff_price",
}


@pytest.mark.parametrize("module", ["locations", "tariffs"])
def test_ocpi_fills_every_table_of_its_modules_but_the_vendors_own(module: str) -> None:
    declared = DIALECTS["ocpi_2_2_1"].module(module)
    assert declared is not None
    expected = {table.name for table in TABLES.values() if table.module == module}
    assert expected - set(declared.tables()) == VENDORS_OWN & expected


@pytest.mark.parametrize("name", ["ocpi_2_1_1", "ocpi_2_2_1"])
def test_every_attribute_of_the_2_1_1_contract_reaches_a_column(name: str) -> None:
    for module, objects in OBJECTS.items():
        declared = DIALECTS[name].module(module)
        assert declared is not None
        # Lists and objects stand in for each other in real feeds, so [] is left out.
        known = {
            at.replace("/[]", "").strip("/").replace("/", ".")
            for at, _ in leaves(shape_of(declared))
        }
        wanted = {
            fact.path.replace("[]", "")
            for fact in facts()
            if fact.seed == "002" and fact.object in objects and fact.kind != "object"
        }
        containers = {path.rpartition(".")[0] for path in wanted}
        assert wanted
        assert not wanted - known - containers
