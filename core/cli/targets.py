"""Commands about targets: add, show, edit, rm, pause, resume."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place, acting, reading, refuse_later
from core.cli.shown import show_subject
from core.contract import listing, target_json
from core.drafts import new_target, target_with
from core.model.target import SCANNER_NAMES, Profile, Target, TargetClass
from core.settings.edit import LINES


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
    refuse_later(url, paths=True)
    target = new_target(url, _changes(options))

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
            between = LINES if name == "ignore" else ","
            changes[lists[name]] = between.join(value)  # type: ignore[arg-type]
        elif name == "thresholds":
            for pair in value:  # type: ignore[attr-defined]
                metric, equals, share = pair.partition("=")
                if not equals:
                    raise click.UsageError(f"--threshold {pair}: it is written METRIC=PERCENT, such as ttfb_ms=30%")
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
    """Everything known of one thing.

    A target by its name or T-12, a change (C-12), an alert (A-12), a delivery (D-12), a job (J-12), or any uuid.
    """

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
    """Change a target.

    KEY=VALUE are the keys of its table in the settings file, such as every=1m, tags=+eu,-us or
    thresholds.ttfb_ms=30%; an empty value takes a key back to its default. A comma within /…/, brackets or quotes
    belongs to its expression: ignore='+/a{1,3}/'.
    """
    wanted = dict(_pair(change) for change in changes)
    if not wanted:
        raise click.UsageError("say what to change, such as every=1m or tags=+shop")

    async def act() -> Target:
        async with reading(place) as store:
            known = await store.reader.target(name)
        changed = target_with(known, wanted)
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
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@output_option()
@click.pass_obj
def rm(place: Place, names: Sequence[str], output: str) -> int:
    """Stop watching targets and forget them.

    Their changes and alerts stay.
    """

    async def act() -> list[Target]:
        async with acting(place) as operations:
            return [await operations.remove_target(name, place.actor()) for name in names]

    removed = asyncio.run(act())
    if output == "json":
        say_json(listing(target_json(each) for each in removed))
        return 0
    for each in removed:
        say(f"removed {each.name}")
    return 0


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option("-f", "--filter", "query", help="All targets for which this filter holds.")
@output_option()
@click.pass_obj
def pause(place: Place, names: Sequence[str], query: str | None, output: str) -> int:
    """Do not look at targets until they are resumed."""
    return _set_paused(place, names, query, output, paused=True)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option("-f", "--filter", "query", help="All targets for which this filter holds.")
@output_option()
@click.pass_obj
def resume(place: Place, names: Sequence[str], query: str | None, output: str) -> int:
    """Look at paused targets again."""
    return _set_paused(place, names, query, output, paused=False)


def _set_paused(place: Place, names: Sequence[str], query: str | None, output: str, *, paused: bool) -> int:
    from core.cli.lists import names_matching  # noqa: PLC0415 - lists pulls in every list's columns

    if not names and query is None:
        raise click.UsageError("name targets, or give a filter with -f")

    async def act() -> list[str]:
        chosen = [*names, *(await names_matching(place, query) if query is not None else [])]
        if not chosen:
            return []
        async with acting(place) as operations:
            return await operations.pause_targets(chosen, paused, place.actor())

    done = asyncio.run(act())
    did = "paused" if paused else "resumed"
    if output == "json":
        say_json(listing({"name": name, "paused": paused} for name in done))
        return 0
    for name in done:
        say(f"{did} {name}")
    if not done:
        note("no target fits")
    return 0
