"""`vedette report`: what happened in a period, as a document for people or programs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from core import clock
from core.cli.files import replace_file
from core.cli.output import note
from core.cli.place import Place, reading
from core.errors import NotYetError
from core.report.daily import daily
from core.report.formats import FORMATS
from core.report.report import Material
from core.text import nearest, parse_duration

PERIODS = {"daily": "24h", "weekly": "7d"}
LATER = ("sla", "security", "schema", "performance", "competitors", "technology")
MOST = 1_000_000
# How far before the period outages are looked for that were still running in it.
_RUNNING_SINCE = 30 * 86400.0


@click.command()
@click.argument("name", metavar="daily|weekly")
@click.option("--since", metavar="DURATION", help="The period until now; 24h for daily, 7d for weekly.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A .html, .md, .csv or .json file.")
@click.option(
    "-o", "--output", type=click.Choice([suffix[1:] for suffix in FORMATS]), help="The format, without --out md."
)
@click.pass_obj
def report(place: Place, name: str, since: str | None, out: Path | None, output: str | None) -> int:
    """What was down, what changed, who was told.

    Without --out it is written to standard output.
    """
    if name in LATER:
        raise NotYetError(f"report {name}")
    if name not in PERIODS:
        meant = nearest(name, PERIODS)
        raise click.UsageError(
            f"there is no report '{name}'" + (f"; did you mean '{meant}'?" if meant else f": {', '.join(PERIODS)}")
        )
    write = FORMATS[_suffix(out, output)]
    period = _period(since or PERIODS[name])
    now = clock.now()
    text = write(daily(asyncio.run(_material(place, now - period, now)), now, name))
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        replace_file(out, text)
        note(f"wrote {out}")
    return 0


def _suffix(out: Path | None, output: str | None) -> str:
    if output is not None:
        return f".{output}"
    suffix = out.suffix.lower() if out is not None else ".md"
    if suffix not in FORMATS:
        raise click.UsageError(f"'{out}': the suffix says the format, and it is one of {', '.join(FORMATS)}")
    return suffix


def _period(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if seconds <= 0:
        raise click.UsageError("--since wants more than nothing, such as 24h")
    return seconds


async def _material(place: Place, since: float, until: float) -> Material:
    """All that was observed, with what had begun before the period and may still have been running in it."""
    async with reading(place) as store:
        return Material(
            since,
            until,
            targets=await store.reader.targets(),
            changes=await store.reader.changes(since=since - _RUNNING_SINCE, until=until, limit=MOST),
            alerts=await store.reader.alerts(limit=MOST),
            deliveries=await store.reader.deliveries(limit=MOST),
        )
