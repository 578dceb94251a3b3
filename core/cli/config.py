"""`vedette check-config`, and the revisions that the settings file has had."""

from __future__ import annotations

import asyncio
import difflib
from pathlib import Path

import click

from core.cli.files import replace_file
from core.cli.output import Column, note, output_option, say, say_json, say_list
from core.cli.place import Place, reading
from core.clock import rfc3339
from core.engine.checks import checks
from core.errors import NotFoundError
from core.model.target import Target
from core.secrets import SecretStore
from core.settings.check import Surroundings, findings
from core.text import safe

Revision = tuple[int, float, str, str]


@click.command("check-config")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@output_option()
@click.pass_obj
def check_config(place: Place, file: Path | None, output: str) -> int:
    """Say all that is wrong or odd in the settings file.

    Ends with 2 when it cannot be used, else with 0.
    """
    path = file or place.settings
    if not path.is_file():
        raise NotFoundError(f"settings file {path} does not exist")
    secrets = SecretStore(place.environ, place.data)
    channels, targets = asyncio.run(_stored(place))
    found = findings(path, Surroundings(checks(channels), targets, secrets.get))
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


async def _stored(place: Place) -> tuple[tuple[str, ...], tuple[Target, ...]]:
    """The channels and targets that the store has beside the file, where there is a store."""
    if not (place.data / "vedette.db").exists():
        return (), ()
    async with reading(place) as store:
        channels = tuple(entry.name for entry in await store.reader.entries() if entry.kind == "channel")
        return channels, (await store.reader.load()).targets


@click.group()
def config() -> None:
    """The revisions of the settings file.

    Every text that it had while an engine ran is kept.
    """


_COLUMNS = (
    Column("REVISION", lambda record: record["revision"], right=True),
    Column("AT", lambda record: record["at"]),
    Column("DIGEST", lambda record: record["digest"], 20),
)


@config.command()
@output_option(csv_too=True)
@click.pass_obj
def revisions(place: Place, output: str) -> int:
    """List the revisions, newest first."""
    known = asyncio.run(_revisions(place))
    items = [{"revision": number, "at": rfc3339(at), "digest": digest} for number, at, digest, _ in known]
    say_list(items, _COLUMNS, output, items)
    return 0


@config.command()
@click.argument("before", type=int)
@click.argument("after", type=int, required=False)
@output_option()
@click.pass_obj
def diff(place: Place, before: int, after: int | None, output: str) -> int:
    """What differs between two revisions.

    Without AFTER: between BEFORE and the file as it is. Ends with 1 when something does.
    """
    old = _text(asyncio.run(_revisions(place)), before)
    if after is None:
        new, name = _present(place), str(place.settings)
    else:
        new, name = _text(asyncio.run(_revisions(place)), after), f"revision {after}"
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), f"revision {before}", name, lineterm=""))
    if output == "json":
        say_json({"schema": 1, "before": f"revision {before}", "after": name, "lines": [safe(line) for line in lines]})
    else:
        for line in lines:
            say(line)
    return 1 if lines else 0


def _present(place: Place) -> str:
    try:
        return place.settings.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"settings file {place.settings} cannot be read: {error}") from None


@config.command()
@click.argument("revision", type=int)
@output_option()
@click.pass_obj
def revert(place: Place, revision: int, output: str) -> int:
    """Make the settings file a revision again.

    A running engine takes it over at once, as a new revision.
    """
    text = _text(asyncio.run(_revisions(place)), revision)
    replace_file(place.settings, text, 0o600)
    if output == "json":
        say_json({"schema": 1, "revision": revision, "file": str(place.settings)})
    else:
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
