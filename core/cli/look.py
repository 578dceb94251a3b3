"""Commands that look: `scan` once, and `diff` two moments."""

from __future__ import annotations

import asyncio

import click

from core import clock
from core.cli.exchange import whole
from core.cli.moments import is_file, moment_of, scan_of_file
from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place, acting, reading, refuse_later
from core.cli.shown import change_lines, scan_lines
from core.contract import diff_json, scan_json
from core.detect.compare import compare
from core.drafts import new_target
from core.errors import NotFoundError
from core.model.change import ChangeState
from core.model.scan import ScanJob
from core.model.target import SCANNER_NAMES, Target
from core.operations import Looked
from core.scan.once import look_once
from core.scan.pool import FINGERPRINTS
from core.settings.values import Settings
from core.text import nearest


@click.command()
@click.argument("subject", metavar="URL|TARGET|FILE")
@click.option("--save", is_flag=True, help="Store the result of looking at a watched target.")
@click.option("--allow-private", is_flag=True, help="Look although the address is private or loopback.")
@output_option()
@click.pass_obj
def scan(place: Place, subject: str, save: bool, allow_private: bool, output: str) -> int:
    """Look once and print what is there.

    At a URL, at a watched target, or at a saved response (.html with its .headers.json beside it, or .har).
    """
    refuse_later(subject)
    looked, name = asyncio.run(_scanned(place, subject, save, allow_private))
    found = looked.scan
    if output == "json":
        say_json(scan_json(found, name or None, looked.job_id))
    else:
        for line in scan_lines(found, name):
            say(line)
    if found.failure is not None:
        note(f"vedette: {found.failure.failure_class.value}: {found.failure.message}")
        return 1
    return 0


async def _scanned(place: Place, subject: str, save: bool, allow_private: bool) -> tuple[Looked, str]:
    """The look (job 0: not stored), and the name of the target if it is one."""
    if is_file(subject):
        if save:
            raise click.UsageError("a saved response has no target to store it under")
        return Looked(await scan_of_file(place, subject), 0), ""
    settings = await whole(place)
    target = await _target(place, settings, subject)
    if save:
        return await _saved(place, target, subject, allow_private)
    wanted = target or new_target(subject, {})
    job = ScanJob(
        1, 0, wanted.name, wanted.url, wanted.scanners, wanted.content.select, wanted.content.ignore,
        allow_private=allow_private or wanted.allow_private,
    )  # fmt: skip
    scan = await look_once(job, settings.fetch, clock.now, place.data / FINGERPRINTS)
    return Looked(scan, 0), target.name if target else ""


async def _saved(place: Place, target: Target | None, subject: str, allow_private: bool) -> tuple[Looked, str]:
    """A look by the engine, stored as any other."""
    if target is None:
        raise click.UsageError(f"'{subject}' is not watched: `vedette add {subject}` first, then scan it with --save")
    if allow_private and not target.allow_private:
        raise click.UsageError(
            f"with --save the target's own leave counts: `vedette edit {target.name} allow_private=true`"
        )
    async with acting(place) as operations:
        return await operations.look(target.name, place.actor()), target.name


async def _target(place: Place, settings: Settings, subject: str) -> Target | None:
    """The watched target of that name, id or URL; None for a URL that is not watched. NotFoundError for other words."""
    for target in settings.targets:
        if subject in (target.name, target.url, target.uuid):
            return target
    if "://" in subject or "." in subject:
        return None
    if (place.data / "vedette.db").exists():
        async with reading(place) as store:
            return await store.reader.target(subject)
    meant = nearest(subject, [target.name for target in settings.targets])
    hint = f"did you mean '{meant}'?" if meant else "a URL begins with https:// or http://"
    raise NotFoundError(f"there is no target '{subject}'; {hint}")


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("--all", "everything", is_flag=True, help="Also what was judged noise, with its reason.")
@output_option()
@click.pass_obj
def diff(place: Place, before: str, after: str, everything: bool, output: str) -> int:
    """What differs between two looks; ends with 1 when something does.

    BEFORE and AFTER are targets, targets at a moment (site@2026-11-01), or saved responses. Never looks again.
    """
    refuse_later(before)
    refuse_later(after)

    async def both() -> int:
        one, other = await moment_of(place, before), await moment_of(place, after)
        found = compare(one.facts, other.facts, SCANNER_NAMES, other.at or clock.now())
        shown = [each for each in found if everything or each.state is not ChangeState.SUPPRESSED]
        if output == "json":
            say_json(diff_json(before, after, shown))
        else:
            for change in shown:
                for line in change_lines(change):
                    say(line)
            if not shown:
                say("no difference" if everything or not found else f"no difference beyond noise ({len(found)}: --all)")
        return sum(change.state is not ChangeState.SUPPRESSED for change in found)

    return 1 if asyncio.run(both()) else 0
