"""`vedette check-config`, and the revisions that the settings file has had."""

from __future__ import annotations

import asyncio
import difflib
from pathlib import Path

import click

from core.cli.files import replace_file
from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place, reading
from core.clock import rfc3339
from core.errors import NotFoundError
from core.schedule.cron import Cron
from core.secrets import SecretStore
from core.settings.check import Surroundings, findings
from core.settings.load import Checks

Revision = tuple[int, float, str, str]


@click.command("check-config")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@output_option()
@click.pass_obj
def check_config(place: Place, file: Path | None, output: str) -> int:
    """Say everything that is wrong or doubtful in the settings file; 2 when it cannot be used, else 0."""
    path = file or place.settings
    if not path.is_file():
        raise NotFoundError(f"settings file {path} does not exist")
    secrets = SecretStore(place.environ, place.data)
    found = findings(path, Surroundings(Checks(cron=Cron.parse), resolve=secrets.get))
    errors = [each for each in found if each.severity == "error"]
    if output == "json":
        items = [{"line": each.line, "severity": each.severity, "message": each.message} for each in found]
        say_json({"schema": 1, "items": items})
    else:
        for each in found:
            where = f"line {each.line}: " if each.line else ""
            say(f"{each.severity}: {where}{each.message}")
        note(f"{path}: {len(errors)} errors, {len(found) - len(errors)} warnings")
    return 2 if errors else 0


@click.group()
def config() -> None:
    """The revisions of the settings file: every text it had while an engine ran."""


@config.command()
@output_option()
@click.pass_obj
def revisions(place: Place, output: str) -> int:
    """List the revisions, newest first."""
    known = asyncio.run(_revisions(place))
    if output == "json":
        items = [{"revision": number, "at": rfc3339(at), "digest": digest} for number, at, digest, _ in known]
        say_json({"schema": 1, "items": items})
        return 0
    for number, at, digest, text in known:
        say(f"{number}  {rfc3339(at)}  {digest[:12]}  {len(text.splitlines())} lines")
    return 0


@config.command()
@click.argument("before", type=int)
@click.argument("after", type=int, required=False)
@click.pass_obj
def diff(place: Place, before: int, after: int | None) -> int:
    """What differs between two revisions, or between one and the file as it is; 1 when something does."""
    old = _text(asyncio.run(_revisions(place)), before)
    if after is None:
        new, name = place.settings.read_text(encoding="utf-8"), str(place.settings)
    else:
        new, name = _text(asyncio.run(_revisions(place)), after), f"revision {after}"
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), f"revision {before}", name, lineterm=""))
    for line in lines:
        say(line)
    return 1 if lines else 0


@config.command()
@click.argument("revision", type=int)
@click.pass_obj
def revert(place: Place, revision: int) -> int:
    """Write a revision back into the settings file; a running engine takes it over at once."""
    text = _text(asyncio.run(_revisions(place)), revision)
    replace_file(place.settings, text, 0o600)
    say(f"{place.settings} is revision {revision} again")
    return 0


async def _revisions(place: Place) -> list[Revision]:
    async with reading(place) as store:
        return await store.reader.revisions()


def _text(known: list[Revision], number: int) -> str:
    for revision, _, _, text in known:
        if revision == number:
            return text
    numbers = ", ".join(str(each[0]) for each in known) or "none"
    raise NotFoundError(f"there is no revision {number}; there are: {numbers}")
