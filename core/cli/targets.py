"""Commands about targets: add, show, edit, rm, pause, resume."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place, acting, reading
from core.cli.shown import show_subject
from core.contract import target_json
from core.errors import NotYetError
from core.model.target import SCANNER_NAMES, Profile, Target, TargetClass
from core.operations import Operations
from core.schedule.cron import Cron
from core.settings.edit import created, edited

_LATER = ("postgresql://", "postgres://", "mysql://", "mariadb://", "redis://", "sqlite:", "container:", "/", "./", "~")


@click.command()
@click.argument("url", metavar="URL")
@click.option("--name", help="What it is called; its host by default.")
@click.option("--every", help="Interval: 30s, 5m, 1h.")
@click.option("--cron", help="Cron expression instead of an interval.")
@click.option("--tz", "timezone", help="IANA time zone of the cron expression.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be given again.")
@click.option("--class", "target_class", type=click.Choice([each.value for each in TargetClass]), help="Whose it is.")
@click.option("--profile", type=click.Choice([each.value for each in Profile]), help="At once, or in batches.")
@click.option("--owner", help="Who answers for it.")
@click.option("--scan", "scanners", multiple=True, help=f"Scanners: {', '.join(SCANNER_NAMES)}.")
@click.option("--select", help="CSS selector of the part of the page that counts.")
@click.option("--ignore", multiple=True, help="CSS selector or /regex/ that does not count; may be given again.")
@click.option("--threshold", "thresholds", multiple=True, metavar="METRIC=PERCENT", help="Such as ttfb_ms=30%.")
@click.option("--allow-private", is_flag=True, help="Look at it although its address is private or loopback.")
@output_option()
@click.pass_obj
def add(place: Place, /, url: str, output: str, **options: object) -> int:
    """Watch URL from now on."""
    if url.startswith(_LATER):
        raise NotYetError(f"watching {url.split(':', maxsplit=1)[0]} targets")
    target = created(url if "://" in url else f"https://{url}", _changes(options), check_cron=Cron.parse)

    async def act() -> Target:
        async with acting(place) as operations:
            return (await operations.add_targets([target], place.actor()))[0]

    added = asyncio.run(act())
    if output == "json":
        say_json({"schema": 1, "target": target_json(added)})
    else:
        say(f"watching {added.name} ({added.url}) as T-{added.id}")
    return 0


def _changes(options: dict[str, object]) -> dict[str, str]:
    """The options given, under the keys of a target's table."""
    changes: dict[str, str] = {}
    lists = {"tags": "tags", "scanners": "scan", "ignore": "content.ignore"}
    for name, value in options.items():
        if name in lists and value:
            changes[lists[name]] = ",".join(value)  # type: ignore[arg-type]
        elif name == "thresholds":
            for pair in value:  # type: ignore[attr-defined]
                metric, _, share = pair.partition("=")
                changes[f"thresholds.{metric}"] = share
        elif name == "allow_private" and value:
            changes["allow_private"] = "true"
        elif name not in lists and name != "allow_private" and value:
            keys = {"target_class": "class", "select": "content.select"}
            changes[keys.get(name, name)] = str(value)
    return changes


@click.command()
@click.argument("subject", metavar="ID|NAME")
@output_option()
@click.pass_obj
def show(place: Place, subject: str, output: str) -> int:
    """Everything known of a target, change, alert, delivery or job."""

    async def ask() -> int:
        async with reading(place) as store:
            return await show_subject(store, subject, output)

    return asyncio.run(ask())


@click.command()
@click.argument("name")
@click.argument("changes", nargs=-1, metavar="KEY=VALUE…")
@output_option()
@click.pass_obj
def edit(place: Place, name: str, changes: Sequence[str], output: str) -> int:
    """Change a target: every=1m tags=+eu,-us thresholds.ttfb_ms=30% … (an empty value takes a key back)."""
    wanted = dict(_pair(change) for change in changes)
    if not wanted:
        raise click.UsageError("say what to change, such as every=1m or tags=+shop")

    async def act() -> Target:
        async with reading(place) as store:
            known = await store.reader.target(name)
        changed = edited(known, wanted, Cron.parse)
        async with acting(place) as operations:
            return await operations.edit_target(changed, place.actor())

    target = asyncio.run(act())
    if output == "json":
        say_json({"schema": 1, "target": target_json(target)})
    else:
        say(f"changed {target.name}")
    return 0


def _pair(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals:
        raise click.UsageError(f"'{change}' is no KEY=VALUE")
    return key.strip(), value


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.pass_obj
def rm(place: Place, names: Sequence[str]) -> int:
    """Stop watching and forget the targets; their changes and alerts stay."""

    async def act() -> None:
        async with acting(place) as operations:
            for name in names:
                removed = await operations.remove_target(name, place.actor())
                say(f"removed {removed.name}")

    asyncio.run(act())
    return 0


@click.command()
@click.argument("names", nargs=-1)
@click.option("-f", "--filter", "query", help="All targets for which this filter holds.")
@click.pass_obj
def pause(place: Place, names: Sequence[str], query: str | None) -> int:
    """Do not look at the targets until they are resumed."""
    return _set_paused(place, names, query, paused=True)


@click.command()
@click.argument("names", nargs=-1)
@click.option("-f", "--filter", "query", help="All targets for which this filter holds.")
@click.pass_obj
def resume(place: Place, names: Sequence[str], query: str | None) -> int:
    """Look at paused targets again."""
    return _set_paused(place, names, query, paused=False)


def _set_paused(place: Place, names: Sequence[str], query: str | None, *, paused: bool) -> int:
    from core.cli.lists import names_matching  # noqa: PLC0415 - lists pulls in every list's columns

    if not names and query is None:
        raise click.UsageError("name targets, or give a filter with -f")

    async def act() -> list[str]:
        chosen = [*names, *(await names_matching(place, query) if query is not None else [])]
        async with acting(place) as operations:
            return await _pausing(operations, place, chosen, paused=paused)

    done = asyncio.run(act())
    note(f"{'paused' if paused else 'resumed'} {len(done)} targets")
    for name in done:
        say(name)
    return 0


async def _pausing(operations: Operations, place: Place, names: Sequence[str], *, paused: bool) -> list[str]:
    return await operations.pause_targets(names, paused, place.actor()) if names else []
