"""`vedette when CRON`: the moments at which a schedule fires."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from core import clock
from core.cli.output import output_option, say, say_json
from core.schedule.cron import Cron


@click.command()
@click.argument("expression")
@click.option("--tz", "timezone", default="UTC", show_default=True, metavar="ZONE", help="IANA time zone.")
@click.option("--from", "start", metavar="T", help="RFC 3339 moment to count from; now by default.")
@click.option("--count", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@output_option()
def when(expression: str, timezone: str, start: str | None, count: int, output: str) -> int:
    """When EXPRESSION (cron, five or six fields) fires."""
    schedule = Cron.parse(expression, timezone)
    after = _moment(start) if start else clock.now()
    times = schedule.upcoming(after, count)
    if output == "json":
        say_json({"schema": 1, "times": [clock.rfc3339(at) for at in times]})
        return 0
    zone = ZoneInfo(schedule.timezone)
    for at in times:
        say(datetime.fromtimestamp(at, zone).strftime("%a %Y-%m-%d %H:%M:%S %Z"))
    return 0


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"'{text}' is no RFC 3339 moment, such as 2026-11-01T00:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))).timestamp()
