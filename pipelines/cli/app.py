"""The commands and their help.

Belongs here: arguments, help texts, the order of calls, exit codes. Does not belong here: how a
thing is done.
"""

from __future__ import annotations

import logging
import sys
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.cli.query import Format, run_query
from pipelines.errors import ConfigurationError, OcpiWarehouseError, WarehouseError
from pipelines.settings import Settings
from pipelines.sources import Source, load_sources
from pipelines.version import code_version

if TYPE_CHECKING:
    from pipelines.warehouse.connect import Warehouse

app = typer.Typer(
    name="ocpi-warehouse",
    help="Every charging location, EVSE, connector and price of any OCPI-family source, pulled "
    "every night, kept as history in Postgres, turned into numbers by dbt.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Local variables hold passwords.
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(code_version())
        raise typer.Exit


@app.callback()
def _any_command(
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Number of this version and hash of the code that decides rows, as loads note it.",
        ),
    ] = False,
) -> None: ...


DATE_HELP = "Day of the snapshot, YYYY-MM-DD (UTC)."
DATABASE_HELP = "A rebuild of what was known at a time; default: the warehouse."


def main() -> None:
    """Entry point: an error of ours is one sentence on stderr and exit code 1."""
    # Dagster and dbt announce their previews to developers; the user can do nothing about them.
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        # Dagster's loggers set a level of their own and would pass everything on.
        handler.setLevel(logging.WARNING)
    # What it warns of ends the command with the same sentence, or stands in the summary.
    logging.getLogger("pipelines.landing").setLevel(logging.ERROR)
    try:
        app()
    except OcpiWarehouseError as error:
        sys.stderr.write(f"ocpi-warehouse: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("ocpi-warehouse: stopped; run it again to go on\n")
        sys.exit(130)
    except BrokenPipeError:
        # `| head` has seen enough.
        sys.stderr.close()
        sys.exit(0)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no day; write it as YYYY-MM-DD") from None


def _partition(text: str | None) -> date:
    """A day that can be a partition; today where none is named."""
    from pipelines.partitions import FIRST_DAY

    today = datetime.now(UTC).date()
    day = _day(text) if text else today
    if day > today:
        raise ConfigurationError(
            f"{day} lies in the future (today is {today}, UTC); name a day up to today"
        )
    if day < date.fromisoformat(FIRST_DAY):
        raise ConfigurationError(
            f"{day} lies before {FIRST_DAY}, the first day that is kept; name a later one"
        )
    return day


def _known_source(sources: dict[str, Source], name: str) -> Source:
    if name not in sources:
        known = ", ".join(sources) or "none"
        raise ConfigurationError(f"there is no source {name!r} in sources.yml; it names: {known}")
    return sources[name]


@app.command()
def materialize(
    source: Annotated[str, typer.Option(help="Name of the source in sources.yml.")],
    day: Annotated[str | None, typer.Option("--date", help=f"{DATE_HELP} Default: today.")] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="Last day of a range that begins with --date, for a backfill."),
    ] = None,
    dbt: Annotated[bool, typer.Option(help="Build the marts afterwards, once.")] = True,
    refresh: Annotated[
        bool, typer.Option(help="Pull again although the day has been landed.")
    ] = False,
) -> None:
    """Run one snapshot of one source, or those of a range: pull, flatten, load, marts.

    Exit code 0 only if all of it succeeded; a range stops at the first day that fails, and what
    was loaded before stays. Runs through Dagster in this process; `dev` shows it.
    """
    from pipelines.cli.console import TerminalProgress, print_snapshot
    from pipelines.cli.runs import Runner
    from pipelines.resources import Project

    settings = Settings()
    sources = load_sources(settings.sources_path)
    wanted = _known_source(sources, source)
    days = _range(day, last)
    progress = TerminalProgress()
    project = Project(settings, sources, progress=progress)
    with Runner(project) as runner, progress.shown():
        for which in days:
            progress.label = f"{source} {which}: "
            _must_succeed(runner.night(wanted.name, day=which, refresh=refresh).failures)
            if last is not None:
                typer.echo(f"{source} {which} loaded")
        if dbt:
            progress.label = ""
            _must_succeed(runner.marts().failures)
    print_snapshot(project.warehouse, source=source, day=days[-1])


def _range(first: str | None, last: str | None) -> list[date]:
    if last is not None and first is None:
        raise ConfigurationError("--to ends a range that begins with --date; name both")
    begin = _partition(first)
    end = begin if last is None else _partition(last)
    if end < begin:
        raise ConfigurationError(f"the range ends on {end}, before it begins on {begin}; swap them")
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]


def _must_succeed(failures: tuple[str, ...]) -> None:
    if failures:
        for sentence in failures:
            sys.stderr.write(f"ocpi-warehouse: {sentence}\n")
        raise typer.Exit(1)


@app.command()
def demo(
    nights: Annotated[int, typer.Option(min=1, help="Nights to pull.")] = 14,
    locations: Annotated[int, typer.Option(min=1, help="Locations of the simulated world.")] = 2000,
) -> None:
    """Pull simulated nights into the embedded Postgres, build the marts, print a summary."""
    from pipelines.cli.demo import run_demo

    settings = Settings()
    run_demo(settings, load_sources(settings.sources_path), nights=nights, locations=locations)


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help='One query, e.g. "select * from marts.evse_current".')
    ],
    format_: Annotated[
        Format, typer.Option("--format", help="How the result is written.")
    ] = Format.TABLE,
    database: Annotated[str | None, typer.Option(help=DATABASE_HELP)] = None,
) -> None:
    """Query the warehouse as the analyst: everything can be read, nothing changed."""
    import psycopg

    with _asked(database).connection("analyst") as connection:
        try:
            run_query(connection, query, format_=format_)
        except psycopg.Error as error:
            where = error.diag.message_hint
            message = error.diag.message_primary or str(error).splitlines()[0]
            raise ConfigurationError(
                f"the query failed: {message}" + (f" ({where})" if where else "")
            ) from None


def _asked(database: str | None) -> Warehouse:
    """The warehouse, or a rebuild beside it."""
    from pipelines.warehouse.connect import Warehouse
    from pipelines.warehouse.scratch import rebuilt

    warehouse = Warehouse.from_settings(Settings())
    return warehouse if database is None else rebuilt(warehouse, database)


@app.command()
def answer(
    files: Annotated[
        list[Path], typer.Argument(help="Markdown with queries in ```sql blocks, one a block.")
    ],
    check: Annotated[
        bool, typer.Option(help="Change nothing; fail where an answer is another one by now.")
    ] = False,
    database: Annotated[str | None, typer.Option(help=DATABASE_HELP)] = None,
) -> None:
    """Run the queries of a Markdown file as the analyst and write each answer below its query."""
    from pipelines.cli.answers import answer_file

    with _asked(database).connection("analyst") as connection:
        # All of them before anything is written: a file is answered whole or left alone.
        answered = [answer_file(path, connection) for path in files]
    outdated = [found for found in answered if not found.is_unchanged]
    if check and outdated:
        names = ", ".join(str(found.path) for found in outdated)
        raise ConfigurationError(f"other answers by now: {names}; write them anew without --check")
    for found in answered:
        found.path.write_text(found.after, encoding="utf-8")
        typer.echo(f"{found.path}: {found.questions} queries answered")


@app.command()
def export(
    to: Annotated[
        Path, typer.Option(help="File to write: .csv, .parquet or .json; replaced if it is there.")
    ],
    mart: Annotated[
        str | None, typer.Argument(help="A mart, e.g. operator_power_daily: all of its rows.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="A query instead of a mart.")] = None,
) -> None:
    """Write a mart or a query to a file that says which loads it is made of.

    `rebuild --from FILE` makes its figures again. A CSV has its provenance in a file beside it,
    FILE.provenance.json; Parquet and JSON carry it.
    """
    from pipelines.cli.export import run_export

    run_export(Settings(), mart=mart, query=query, to=to)


@app.command()
def docs(
    to: Annotated[
        Path | None, typer.Option(help="File to write; default: docs.html in HOME.")
    ] = None,
) -> None:
    """Write what every table and column means, and is made of, as one HTML page.

    dbt's documentation of staging, intermediate and marts, with lineage and SQL. It needs no
    server and nothing beside it, so that it can be passed on.
    """
    from pipelines.cli.docs import run_docs

    settings = Settings()
    run_docs(
        settings, load_sources(settings.sources_path), to=to or settings.home_dir / "docs.html"
    )


@app.command()
def rebuild(
    known_at: Annotated[
        str | None, typer.Option(help="The time, e.g. 2026-06-08T06:00Z; UTC without a zone.")
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="A file of `export`: its loads, and whether it comes out."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Name of the database; default: made of the time.")
    ] = None,
    dbt: Annotated[bool, typer.Option(help="Build the marts too.")] = True,
    replace: Annotated[bool, typer.Option("--replace", help="Replace one of that name.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Drop it instead.")] = False,
) -> None:
    """Replay ops.load into a database beside: tables and marts as they were known at a time.

    What was loaded, held or retracted later is not in it. The warehouse itself has its schema
    brought up to date, as by any command, and is only read then.
    """
    from pipelines.cli.rebuild import run_drop, run_rebuild

    settings = Settings()
    if known_at is not None and from_ is not None:
        raise ConfigurationError("name either --known-at or --from; a file names its own time")
    if drop:
        run_drop(settings, moment=known_at, database=database)
        return
    run_rebuild(
        settings,
        load_sources(settings.sources_path),
        moment=known_at,
        export=from_,
        database=database,
        dbt=dbt,
        replace=replace,
    )


@app.command()
def release(
    source: Annotated[str, typer.Option(help="Name of the source.")],
    day: Annotated[str, typer.Option("--date", help=DATE_HELP)],
    reason: Annotated[str, typer.Option(help="Why this is right; kept in ops.snapshot.")],
) -> None:
    """Let a held snapshot through: the next materialize of that day loads it."""
    import psycopg

    from pipelines.warehouse.connect import Warehouse
    from pipelines.warehouse.load import release as release_snapshot
    from pipelines.warehouse.migrations import migrate as migrate_warehouse

    which = _day(day)
    warehouse = Warehouse.from_settings(Settings())
    migrate_warehouse(warehouse)
    try:
        release_snapshot(warehouse, source, which, reason)
    except psycopg.Error as error:
        message = error.diag.message_primary or str(error).splitlines()[0]
        raise WarehouseError(
            f"releasing {source} of {which} in {warehouse.describe()}: {message}; nothing was "
            f"released"
        ) from None
    typer.echo(
        f"released; load it with: ocpi-warehouse materialize --source {source} --date {which}"
    )


@app.command()
def credentials(
    source: Annotated[str, typer.Argument(help="Name of the source in sources.yml.")],
    action: Annotated[Literal["register", "show", "remove"], typer.Argument(help="What to do.")],
    update: Annotated[
        bool, typer.Option("--update", help="The source knows us already: tell it anew who we are.")
    ] = False,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the received token once, and keep it nowhere.")
    ] = False,
) -> None:
    """Register with a source of OCPI 2.1.1, show what it answers, or end the registration.

    The token it gives is kept under HOME/credentials, readable by its owner alone, and used by
    pulls from then on. Before, the variable named by token_env holds the one its owner gave you.
    """
    from pipelines.cli.credentials import run_credentials

    settings = Settings()
    known = _known_source(load_sources(settings.sources_path), source)
    run_credentials(settings, known, action=action, update=update, only_print=only_print)


@app.command()
def look_up(
    source: Annotated[str, typer.Option(help="Name of the source in sources.yml.")],
    location: Annotated[str | None, typer.Option(help="Id of a location.")] = None,
    evse: Annotated[str | None, typer.Option(help="EVSE id, e.g. NL*ABC*E1234.")] = None,
) -> None:
    """Ask a source now for one location or EVSE, and print what it answers as JSON."""
    from pipelines.cli.look_up import run_look_up

    settings = Settings()
    known = _known_source(load_sources(settings.sources_path), source)
    run_look_up(settings, known, location=location, evse=evse)


@app.command()
def migrate() -> None:
    """Bring the warehouse's schema up to date; harmless if it is."""
    from pipelines.warehouse.connect import Warehouse
    from pipelines.warehouse.migrations import migrate as migrate_warehouse

    warehouse = Warehouse.from_settings(Settings())
    done = migrate_warehouse(warehouse)
    typer.echo("\n".join(f"migrated to {revision}" for revision in done) or "already up to date")


@app.command()
def stop() -> None:
    """Stop the embedded Postgres; the data stay, the next command starts it again."""
    from pipelines.warehouse.embedded import EmbeddedServer

    settings = Settings()
    if settings.url is not None:
        typer.echo("OCPI_WAREHOUSE_URL is set: the server is yours, nothing to stop")
        return
    stopped = EmbeddedServer(settings.postgres_dir).stop()
    typer.echo("stopped" if stopped else "it was not running")


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Address the UI listens on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI on everything; serves the simulator for the demo source too."""
    from pipelines.cli.serve import run_dev

    settings = Settings()
    run_dev(settings, load_sources(settings.sources_path), host=host, port=port)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8210,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    locations: Annotated[int, typer.Option(min=1, help="Size of the world.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed, another world.")] = 1,
    day: Annotated[
        str | None, typer.Option("--date", help="Day at which its clock stands; default: today's.")
    ] = None,
    token_env: Annotated[
        str | None, typer.Option(help="Name of the variable with the token it demands.")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="A fault to show, by name; may be repeated.")
    ] = None,
) -> None:
    """Serve a simulated world of chargers that changes day by day, in every dialect.

    One server, one world:

    /ocpi/versions: discovery of OCPI 2.2.1 and 2.1.1

    /ocpi/2.2.1/{locations,tariffs}: OCPI 2.2.1

    /ocpi/cpo/2.1.1/{locations,tariffs,sessions,cdrs,credentials}: OCPI 2.1.1, the operator

    /ocpi/emsp/2.1.1/{tokens,credentials}: OCPI 2.1.1, the service provider

    /eco/ocpi/cpo/2.1.1/{locations,locations/ID,evse,tariffs,prices}: Eco-Movement

    /prices and /prices/connector_prices: Eco-Movement, price lists by cursor

    /omni/v1/{locations,evses,tariffs}: Voltality OMNI

    /clock: GET and PUT the simulated day
    """
    from pipelines.settings import secret
    from pipelines.simulator import serve

    token = secret(token_env, needed_by="the simulator").get_secret_value() if token_env else None
    serve(
        host=host,
        port=port,
        locations=locations,
        seed=seed,
        day=_day(day) if day else None,
        token=token,
        faults=fault or (),
    )


@app.command()
def generate(
    check: Annotated[
        bool, typer.Option(help="Change nothing; fail where a file is outdated.")
    ] = False,
) -> None:
    """Write what follows from declarations: the data dictionary, the sources, dbt's sources."""
    from pipelines.warehouse.generated import check_generated, write_generated

    root = Path.cwd()
    if check:
        outdated = check_generated(root)
        if outdated:
            raise ConfigurationError(
                f"outdated: {', '.join(outdated)}; run ocpi-warehouse generate and commit"
            )
    else:
        write_generated(root)
