"""The results in words: `results.md` from the raw numbers.

Belongs here: medians, ratios and what has to be said beside them. Does not belong here: measuring.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.contract import FIRST, RELOAD, STEPS

OURS = "ocpi-warehouse"
Json = dict[str, Any]

WHAT = {
    "ocpi-warehouse": "Landed pages verified by their hashes, flattened into the canonical tables, "
    "written as Parquet (zstd), merged as history into Postgres with keys and indexes; repairs, "
    "quarantine, exact and different duplicates, a ledger that accounts for every record, "
    "verdicts. Schema migrations included. The re-load stages the rows that differ from day 1's "
    "Parquet, which it knows to be what was loaded.",
    "dlt, tuned": "The same pages as resources, `merge` on country_code, party_id, id "
    "(delete-insert, deduplicated); dlt makes the nested tables and finds the types. No history, "
    "no Parquet left behind, no quarantine; a location that is gone stays. Tuned by dlt's page on "
    "performance: pages yielded whole, two normalizing processes, rotated and uncompressed files. "
    "Its other merge strategy, upsert, fails on a feed that holds a record twice, as these pages "
    "do.",
    "dlt, as shipped": "The same, with all but the file format as dlt ships it.",
    "pandas": "`json_normalize` for each list, in groups of 20 pages, `to_sql` for each frame "
    "(psycopg, its fastest way here). Tables are replaced on each load; no keys, no history.",
    "floor": "`orjson.loads`, rows as tuples in plain Python, `COPY` into ready tables without "
    "keys and indexes, emptied and filled in one transaction. No Parquet, no duplicates found, no "
    "history, no checks.",
}


def markdown(results: Json) -> str:
    """The whole of results.md."""
    names = list(dict.fromkeys(one["contender"] for one in results["measurements"]))
    parts = [
        "# Benchmark: OCPI pages into Postgres",
        _setting(results),
        "## Time",
        _times(results, names),
        "Seconds from bytes on disk to rows committed, measured inside the contender: median "
        "(least to most). *Process* is the whole process, start of the interpreter and imports "
        f"included. *Ratio* is the first figure against that of {OURS}.",
        "## Memory",
        _memory(results, names),
        "Largest of all runs. *One process*: the kernel's high-water mark of the largest process. "
        "*All processes*: the sum of their resident memory, polled 20 times a second, memory that "
        "two of them share counted twice. Postgres itself is in neither.",
        "## Goals",
        _goals(results, names),
        "## What each does",
        "\n".join(f"- **{name}**: {WHAT[name]}" for name in names),
        "## Where the time goes",
        _phases(results, names),
        "## Rows",
        _rows(results, names),
        "## Machine and versions",
        _machine(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _setting(results: Json) -> str:
    facts = results["documents"]
    formats = results["dlt_format_seconds"]
    chosen = ", ".join(
        f"{name} {seconds:.1f} s" for name, seconds in sorted(formats.items(), key=lambda f: f[1])
    )
    text = (
        f"{facts['locations']:,} simulated locations and {facts['tariffs']:,} tariffs with every "
        f"attribute and list filled: {facts['pages']:,} OCPI 2.2.1 pages, "
        f"{facts['bytes'] / 1e6:,.0f} MB. Day 2 is day 1 with {facts['locations_changed']:,} "
        f"locations (every 50th, 2 %) and {facts['tariffs_changed']:,} tariffs edited: in turn a "
        "status, a power, a name, a tariff reference, an EVSE less; of a tariff every price a cent "
        "higher; all other records have the same bytes. Every contender reads the same files into "
        "an empty database of the same server, day 1 first, then day 2 on top, each in a process "
        f"of its own; contenders take turns; "
        f"{'medians of ' if results['runs'] > 1 else ''}{results['runs']} "
        f"run{'s' if results['runs'] > 1 else ', no median'}, "
        f"{results['minutes']} minutes in all, begun {results['started_at']}."
    )
    if chosen:
        text += (
            f"\n\ndlt runs with its fastest file format here (both steps, "
            f"{min(10_000, facts['locations']):,} locations): {chosen}."
        )
    return text


def _times(results: Json, names: list[str]) -> str:
    lines = [
        "| | first load, s | process, s | ratio | re-load (2 % changed), s | process, s | ratio |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in names:
        cells = []
        for step in STEPS:
            seconds = _values(results, name, step, "seconds")
            process = _values(results, name, step, "process_seconds")
            ratio = _ratio(results, name, step)
            cells += [_spread(seconds), f"{median(process):.1f}", "" if ratio is None else ratio]
        lines.append(f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def _memory(results: Json, names: list[str]) -> str:
    lines = [
        "| | one process: first load, MB | re-load, MB | all: first load, MB | re-load, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in names:
        cells = [
            f"{max(_values(results, name, step, key)) / 1e6:,.0f}"
            for key in ("peak_process_bytes", "peak_tree_bytes")
            for step in STEPS
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    scale = results["memory_at_scale"]
    if scale:
        steps = scale["steps"]
        cells = [
            f"{steps[step][key] / 1e6:,.0f}"
            for key in ("peak_process_bytes", "peak_tree_bytes")
            for step in STEPS
        ]
        count = scale["documents"]["locations"]
        lines.append(f"| {OURS}, {count:,} locations | " + " | ".join(cells) + " |")
        seconds = ", ".join(f"{step} {steps[step]['seconds']:.1f} s" for step in STEPS)
        lines += ["", f"At {count:,} locations {OURS} took: {seconds}."]
    return "\n".join(lines)


def _goals(results: Json, names: list[str]) -> str:
    if OURS not in names:
        return ""
    lines = ["| goal | measured | met |", "|---|---:|---|"]

    def line(goal: str, value: float, shown: str, is_met: Callable[[float], bool]) -> None:
        lines.append(f"| {goal} | {shown} | {'yes' if is_met(value) else '**no**'} |")

    for name in (name for name in names if name.startswith("dlt")):
        for step, least in ((FIRST, 6), (RELOAD, 10)):
            ratio = _seconds(results, name, step) / _seconds(results, OURS, step)
            line(
                f"{step} at least {least} times as fast as {name}",
                ratio,
                f"{ratio:.1f}",
                lambda value, least=least: value >= least,  # type: ignore[misc]
            )
    peak = _peak([one for one in results["measurements"] if one["contender"] == OURS])
    line("peak memory under 1,500 MB", peak, f"{peak / 1e6:,.0f} MB", lambda v: v < 1.5e9)
    if results["memory_at_scale"]:
        larger = _peak(list(results["memory_at_scale"]["steps"].values()))
        line(
            "memory at 3 times the locations within 1.3 times",
            larger / peak,
            f"{larger / peak:.2f}",
            lambda value: value <= 1.3,
        )
    return "\n".join(lines)


def _phases(results: Json, names: list[str]) -> str:
    lines = []
    for name in names:
        for step in STEPS:
            every = [
                one["phases"]
                for one in results["measurements"]
                if one["contender"] == name and one["step"] == step
            ]
            shares = ", ".join(
                f"{phase} {median(phases[phase] for phases in every):.1f} s" for phase in every[0]
            )
            cpu = median(_values(results, name, step, "cpu_seconds"))
            lines.append(
                f"- {name}, {step}: {shares}; processor time of its processes, without "
                f"Postgres: {cpu:.1f} s"
            )
    return "\n".join(lines)


def _rows(results: Json, names: list[str]) -> str:
    """How much arrived, so that nobody is fast by loading less."""
    lines = ["| after the first load | tables | rows |", "|---|---:|---:|"]
    for name in names:
        counts = {table: rows for table, rows in results["rows"][name].items() if rows}
        lines.append(f"| {name} | {len(counts)} | {sum(counts.values()):,} |")
    lines += [
        "",
        "dlt makes rows of lists of text, pandas JSON text, the others arrays; dlt and pandas keep "
        "operator, suboperator and owner as columns of the location, the others as rows; this "
        "project keeps statuses and times of last change in tables of their own.",
    ]
    return "\n".join(lines)


def _machine(results: Json) -> str:
    machine, postgres = results["machine"], results["postgres"]
    settings = ", ".join(f"{k} {v}" for k, v in postgres.items() if k != "server_version")
    lines = [
        f"- {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_bytes'] / 2**30:.1f} GiB memory, {machine['kernel']}; load average at "
        f"start {results['load_average_at_start']:.2f}",
        f"- Python {machine['python']}; Postgres {postgres['server_version']} "
        f"(embedded; {settings})",
    ]
    for whose, title in (("ours", OURS), ("theirs", "the others")):
        found = ", ".join(f"{name} {v}" for name, v in results["versions"][whose].items())
        lines.append(f"- {title}: {found}")
    return "\n".join(lines)


def _values(results: Json, name: str, step: str, key: str) -> list[float]:
    return [
        one[key]
        for one in results["measurements"]
        if one["contender"] == name and one["step"] == step
    ]


def _seconds(results: Json, name: str, step: str) -> float:
    return median(_values(results, name, step, "seconds"))


def _ratio(results: Json, name: str, step: str) -> str | None:
    if not _values(results, OURS, step, "seconds"):
        return None
    return f"{_seconds(results, name, step) / _seconds(results, OURS, step):.1f}"


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def _peak(measurements: list[Json]) -> float:
    keys = ("peak_process_bytes", "peak_tree_bytes")
    return max(float(one[key]) for one in measurements for key in keys)
