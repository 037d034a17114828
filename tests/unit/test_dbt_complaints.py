"""What is told of a failed build: dbt's reasons, a sentence each, without its lines around them."""

from __future__ import annotations

from pipelines.cli.runs import complaints

FAILED = """\
06:58:37  1 of 3 START sql daily model marts.operator_power_daily .... [RUN]
06:58:37  1 of 3 ERROR creating model operator_power_daily ... [\x1b[31mERROR\x1b[0m in 0.19s]
06:58:37  2 of 3 SKIP test operator_power_daily_adds_up ... [\x1b[33mSKIP\x1b[0m]
06:58:38  \x1b[31mCompleted with 2 errors, 0 partial successes, and 0 warnings:\x1b[0m
06:58:38
06:58:38  \x1b[31mFailure in model operator_power_daily (models/marts/power/x.sql)\x1b[0m
06:58:38    Database Error in model operator_power_daily (models/marts/power/x.sql)
  relation "intermediate.snapshot_day" does not exist
  LINE 3: ...ool_or(moved.day is not null) as is_affected from "warehouse...
                                                               ^
06:58:38
06:58:38    compiled code at target/compiled/operator_power_daily.sql
06:58:38
06:58:38  \x1b[31mFailure in test accepted_values_x (models/marts/marts.yml)\x1b[0m
06:58:38    Got 3 results, configured to fail if != 0
06:58:38
06:58:38    compiled code at target/compiled/accepted_values_x.sql
06:58:38
06:58:38  Done. PASS=1 WARN=0 ERROR=2 SKIP=2 NO-OP=0 TOTAL=5
"""


def test_each_failure_is_a_sentence_with_its_reason() -> None:
    assert complaints(FAILED) == [
        'model operator_power_daily: relation "intermediate.snapshot_day" does not exist',
        "test accepted_values_x: Got 3 results, configured to fail if != 0",
    ]


def test_what_fails_before_anything_is_built_is_told_by_its_own_line() -> None:
    said = """\
06:59:06  Encountered an error:
Compilation Error in model band_power_daily (models/marts/power/band_power_daily.sql)
  depends on a node named 'nowhere' which was not found
"""
    [sentence] = complaints(said)
    assert sentence.startswith("Compilation Error in model band_power_daily")
    assert sentence.endswith("depends on a node named 'nowhere' which was not found")


def test_nothing_is_told_of_a_build_that_went_well() -> None:
    said = "06:58:37  1 of 1 OK created sql view model x [OK]\n06:58:38  Done. PASS=1 ERROR=0\n"
    assert complaints(said) == []
