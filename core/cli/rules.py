"""`vedette rules`: what there is, and what a filter would match."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from core import clock
from core.cli.exchange import whole
from core.cli.lists import LISTINGS, matching
from core.cli.output import Column, note, output_option, say_list
from core.cli.place import Place, reading
from core.errors import NotYetError
from core.model.alert import Rule
from core.ports import Entry
from core.settings.stored import fault_of
from core.text import duration_words, parse_duration, safe, unreadable

# Whatever is asked of what is not there yet gets the same answer.
_LATER: dict[str, Any] = {"context_settings": {"ignore_unknown_options": True, "allow_extra_args": True}}


@click.group(invoke_without_command=True)
@output_option(csv_too=True)
@click.pass_context
def rules(context: click.Context, output: str) -> int | None:
    """The rules that say who is told of what."""
    if context.invoked_subcommand is None:
        result: int = context.invoke(ls, output=output)
        return result
    return None


_COLUMNS = (
    Column("NAME", lambda record: record["name"], 40),
    Column("WHEN", lambda record: record.get("unreadable") or record["when"], 80),
    Column("SEV", lambda record: record["severity"], rank=2),
    Column("TELLS", lambda record: ", ".join(record["notify"]) or "everybody", 40),
    Column("THROTTLE", lambda record: record["throttle"], rank=1),
)


@rules.command("ls")
@output_option(csv_too=True)
@click.pass_obj
def ls(place: Place, output: str = "table") -> int:
    """List the rules of the settings file and those entered elsewhere."""
    items = [_item(rule) for rule in asyncio.run(whole(place)).rules]
    items += [_unreadable_item(entry) for entry in asyncio.run(_unreadable(place))]
    say_list(items, _COLUMNS, output, items)
    if not items:
        note("without a rule, severity high and above goes to every channel")
    return 0


def _item(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "when": rule.when,
        "severity": rule.severity.word if rule.severity is not None else None,
        "notify": list(rule.notify),
        "throttle": duration_words(rule.throttle) if rule.throttle else None,
    }


def _unreadable_item(entry: Entry) -> dict[str, Any]:
    """A rule that is not in force, because this version cannot read it."""
    nothing: dict[str, Any] = {"when": None, "severity": None, "notify": [], "throttle": None}
    return {"name": safe(entry.name), **nothing, "unreadable": unreadable(fault_of(entry.kind, entry.text))}


async def _unreadable(place: Place) -> list[Entry]:
    if not (place.data / "vedette.db").exists():
        return []
    async with reading(place) as store:
        entries = await store.reader.entries()
    return [each for each in entries if each.kind == "rule" and fault_of(each.kind, each.text)]


@rules.command()
@click.argument("when")
@click.option("--since", default="7d", show_default=True, help="How far back to look.")
@output_option(csv_too=True)
@click.pass_obj
def test(place: Place, when: str, since: str, output: str) -> int:
    """Which stored changes the filter WHEN, or the rule of that name, matches."""
    named = {rule.name: rule.when for rule in asyncio.run(whole(place)).rules}
    try:
        earliest = clock.now() - parse_duration(since)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    records = asyncio.run(matching(place, "changes", named.get(when, when)))
    kept = [record for record in records if record["at"] >= earliest]
    say_list([record["item"] for record in kept], LISTINGS["changes"].columns, output, kept)
    return 0


@rules.command(**_LATER)
def replay() -> int:
    """What a rule would have told over the stored history."""
    raise NotYetError("rules replay")


@rules.command(**_LATER)
def shadow() -> int:
    """Let a rule decide without telling anybody."""
    raise NotYetError("rules shadow")
