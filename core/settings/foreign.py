"""Takes over what other people watch: two foreign JSON shapes, our own export, and plain lists of URLs.

One shape has `schedule`, `scan_config` and `alert_rules`, the other `schedule_cron`, `scan_config` with `track_…` keys
and `alert_config`. What a shape says and we have no place for is told as a note, never dropped in silence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import msgspec

from core.errors import SettingsError
from core.model.alert import Rule
from core.model.secret import Secret
from core.model.target import Origin, Target
from core.settings.edit import created, name_for
from core.settings.foreign_shapes import Gathering, free, take_site
from core.settings.load import Checks, parse, read_document
from core.settings.problems import InvalidSettings, Problem, Problems
from core.settings.targets import CronCheck
from core.settings.values import ChannelSettings, Settings
from core.settings.walk import Node
from core.settings.write import SCHEMA

FILE_ONLY = ("engine", "profile", "fetch", "connectivity", "retention", "templates")
LISTS = ("configs", "targets", "sites")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a foreign file means here. `secrets` go to the secret store; `notes` are sentences for the person."""

    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()
    secrets: tuple[tuple[str, Secret], ...] = ()
    notes: tuple[str, ...] = ()


def read_foreign(
    text: str, source: str, check_cron: CronCheck | None = None, mail: ChannelSettings | None = None
) -> Imported:
    """What to add, from JSON, TOML, CSV or one URL a line; the kind shows in the suffix of `source` and the text.

    `mail` is a mail channel already here, whose server serves recipients that come without one.
    Raises InvalidSettings naming the JSON path, or the line, of everything that cannot be read.
    """
    text = text.removeprefix("\ufeff")
    suffix = PurePath(source).suffix.lower()
    if suffix == ".toml":
        return _ours(parse(text, source, Checks(cron=check_cron)), set())
    if suffix == ".csv":
        return _table(text, source, check_cron)
    if suffix == ".json" or text.lstrip().startswith(("{", "[")):
        return _json(text, source, Gathering(check_cron, mail))
    return _urls(text, source, check_cron)


def _json(text: str, source: str, gathering: Gathering) -> Imported:
    problems = Problems(source)
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{source}: {error}") from None
    except RecursionError:
        raise SettingsError(f"{source}: nested too deeply") from None
    if isinstance(document, dict) and "schema" in document:
        return _export(document, problems, gathering.check_cron)
    for node in _sites(Node(document, problems, ("$",))):
        take_site(node, gathering)
    problems.settle()
    return _unique(gathering, problems)


def _sites(root: Node) -> Iterable[Node]:
    """The objects of a file: one, a list of them, or a list under one of the usual names."""
    if isinstance(root.raw, Mapping):
        for key in LISTS:
            if isinstance(root.raw.get(key), list) and "url" not in root.raw:
                return _sites(root.child(key, root.raw[key]))
    if isinstance(root.raw, list):
        return [root.child(number, raw) for number, raw in enumerate(root.raw)]
    return [root]


def _unique(gathering: Gathering, problems: Problems) -> Imported:
    first: dict[str, int] = {}
    for number, target in enumerate(gathering.targets):
        if target.name in first:
            where = f"{problems.source}: target {number + 1}"
            raise SettingsError(f"{where}: '{target.name}' is the name of target {first[target.name] + 1} already")
        first[target.name] = number
    return Imported(
        tuple(gathering.targets),
        tuple(gathering.rules),
        tuple(gathering.channels),
        tuple(gathering.secrets.items()),
        tuple(gathering.notes),
    )


def _export(document: dict[str, Any], problems: Problems, check_cron: CronCheck | None) -> Imported:
    schema = document.pop("schema")
    if schema != SCHEMA:
        raise SettingsError(f"{problems.source}: $.schema: this version reads schema {SCHEMA}, not {schema}")
    settings = read_document(Node(document, problems), Checks(cron=check_cron))
    problems.settle()
    return _ours(settings, set(document))


def _ours(settings: Settings, said: set[str]) -> Imported:
    left = [key for key in FILE_ONLY if key in said]
    notes = (f"left out, because it exists only in vedette.toml: {', '.join(left)}",) if left else ()
    targets = tuple(replace(each, origin=Origin.STORE) for each in settings.targets)
    return Imported(targets, settings.rules, settings.channels, notes=notes)


def _urls(text: str, source: str, check_cron: CronCheck | None) -> Imported:
    """One URL a line; empty lines and those that begin with # do not count."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    rows = [(number, {"url": line}) for number, line in lines if line and not line.startswith("#")]
    return _rows(rows, source, check_cron)


def _table(text: str, source: str, check_cron: CronCheck | None) -> Imported:
    """CSV whose first row names the keys of a target; without such a row the first column is the URL."""
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if rows and "url" in [cell.strip().lower() for cell in rows[0]]:
        header = [cell.strip().lower() for cell in rows[0]]
        named = [(number, dict(zip(header, row, strict=False))) for number, row in enumerate(rows[1:], 2)]
    else:
        named = [(number, {"url": row[0]}) for number, row in enumerate(rows, 1)]
    return _rows([(n, {key: cell.strip() for key, cell in row.items()}) for n, row in named], source, check_cron)


def _rows(rows: Iterable[tuple[int, dict[str, str]]], source: str, check_cron: CronCheck | None) -> Imported:
    targets: dict[str, Target] = {}
    problems: list[Problem] = []
    for number, row in rows:
        options = {key: cell for key, cell in row.items() if cell and key != "url"}
        options["name"] = free(options.get("name") or name_for(row["url"]), targets)
        try:
            target = created(row["url"], options, check_cron=check_cron)
        except InvalidSettings as error:
            problems += [Problem(number, 0, each.key, each.message) for each in error.problems]
        else:
            targets[target.name] = target
    if problems:
        raise InvalidSettings(source, tuple(problems))
    return Imported(tuple(targets.values()))
