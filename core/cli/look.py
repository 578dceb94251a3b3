"""Commands that look: `scan` once, and `diff` two moments."""

from __future__ import annotations

import asyncio

import click

from core import clock
from core.cli.moments import is_file, moment_of, scan_of_file
from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place, acting, reading
from core.cli.shown import change_lines, scan_lines
from core.contract import diff_json, scan_json
from core.detect.compare import compare
from core.errors import NotFoundError
from core.model.change import ChangeState
from core.model.scan import ScanJob
from core.model.target import SCANNER_NAMES, Target
from core.operations import Looked
from core.scan.once import look_once
from core.schedule.cron import Cron
from core.settings.edit import created
from core.settings.load import Checks, load
from core.settings.values import Settings


@click.command()
@click.argument("subject", metavar="URL|TARGET|FILE")
@click.option("--save", is_flag=True, help="Store the result of looking at a watched target.")
@click.option("--allow-private", is_flag=True, help="Look although the address is private or loopback.")
@output_option()
@click.pass_obj
def scan(place: Place, subject: str, save: bool, allow_private: bool, output: str) -> int:
    """Look once at a URL, a watched target or a saved response, and print what is there."""
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
        return Looked(await scan_of_file(subject), 0), ""
    target = await _target(place, subject)
    if save:
        if target is None:
            raise click.UsageError(
                f"'{subject}' is not watched: `vedette add {subject}` first, then scan it with --save"
            )
        async with acting(place) as operations:
            return await operations.look(target.name, place.actor()), target.name
    settings = _settings(place)
    wanted = target or created(subject if "://" in subject else f"https://{subject}", {})
    job = ScanJob(
        1, 0, wanted.name, wanted.url, wanted.scanners, wanted.content.select, wanted.content.ignore,
        allow_private=allow_private or wanted.allow_private,
    )  # fmt: skip
    return Looked(await look_once(job, settings.fetch, clock.now), 0), target.name if target else ""


async def _target(place: Place, subject: str) -> Target | None:
    """The watched target of that name or URL; None where a URL is not watched. NotFoundError for an unknown name."""
    if (place.data / "vedette.db").exists():
        async with reading(place) as store:
            for record in await store.reader.targets():
                if subject in (record["name"], record["url"], record["uuid"], record["id"]):
                    return await store.reader.target(str(record["uuid"]))
            if "://" not in subject and "." not in subject:
                return await store.reader.target(subject)
    elif "://" not in subject and "." not in subject:
        raise NotFoundError(f"there is no target '{subject}', and it is no URL")
    return None


def _settings(place: Place) -> Settings:
    file = place.settings_file()
    return load(file, place.environ, Checks(cron=Cron.parse)) if file else Settings()


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("--all", "everything", is_flag=True, help="Also what was judged noise, with its reason.")
@output_option()
@click.pass_obj
def diff(place: Place, before: str, after: str, everything: bool, output: str) -> int:
    """What differs between BEFORE and AFTER: targets, moments (site@2026-11-01), or saved responses. Never rescans."""

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
