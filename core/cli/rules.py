"""`vedette rules`: what there is, and what a filter would match."""

from __future__ import annotations

import asyncio

import click

from core import clock
from core.cli.exchange import whole
from core.cli.lists import LISTINGS, matching
from core.cli.output import Column, output_option, say, say_json, say_list, table
from core.cli.place import Place
from core.errors import NotYetError
from core.query.filters import parse
from core.text import duration_words, parse_duration


@click.group(invoke_without_command=True)
@click.pass_context
def rules(context: click.Context) -> int | None:
    """The rules that decide who is told of which change."""
    if context.invoked_subcommand is None:
        result: int = context.invoke(ls)
        return result
    return None


@rules.command("ls")
@output_option()
@click.pass_obj
def ls(place: Place, output: str = "table") -> int:
    """List the rules of the settings file and those entered elsewhere."""
    known = asyncio.run(whole(place)).rules
    items = [
        {
            "name": rule.name,
            "when": rule.when,
            "severity": rule.severity.word if rule.severity is not None else None,
            "notify": list(rule.notify),
            "throttle": duration_words(rule.throttle) if rule.throttle else None,
        }
        for rule in known
    ]
    if output == "json":
        say_json({"schema": 1, "items": items})
        return 0
    columns = [
        Column(key.upper(), lambda record, key=key: record[key]) for key in ("name", "when", "notify", "throttle")
    ]
    say(table(items, columns))
    if not items:
        say("without a rule, severity high and above goes to every channel")
    return 0


@rules.command()
@click.argument("when")
@click.option("--since", default="7d", show_default=True, help="How far back to look.")
@output_option(csv_too=True)
@click.pass_obj
def test(place: Place, when: str, since: str, output: str) -> int:
    """Which stored changes the filter WHEN matches."""

    parse(when, "changes")
    records = asyncio.run(matching(place, "changes", when))
    earliest = clock.now() - parse_duration(since)
    kept = [record for record in records if record["at"] >= earliest]
    say_list([record["item"] for record in kept], LISTINGS["changes"].columns, output, kept)
    return 0


@rules.command()
def replay() -> int:
    """What a rule would have told over the stored history."""
    raise NotYetError("rules replay")


@rules.command()
def shadow() -> int:
    """Let a rule decide without telling anybody."""
    raise NotYetError("rules shadow")
