"""Reads vedette.toml: strict, every mistake at once, each with its file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.errors import SettingsError, VedetteError
from core.settings import kinds
from core.settings.channels import read_channel
from core.settings.problems import InvalidSettings, Problem, Problems
from core.settings.rules import read_rule
from core.settings.sections import read_batch, read_connectivity, read_engine, read_fetch, read_retention
from core.settings.targets import CronCheck, TargetContext, read_target
from core.settings.values import (
    BatchSettings,
    ConnectivitySettings,
    FetchSettings,
    RetentionSettings,
    Settings,
)
from core.settings.walk import Node, Reader, Shape, mapping, table
from core.text import nearest

LATER = frozenset({"docker", "escalation", "digest"})
LARGEST_FILE = 16_000_000

_TOML_PLACE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Checks:
    """What settings cannot judge themselves, given by the composition root.

    `cron` takes an expression and its zone, `template` a Jinja text; both raise ValueError or VedetteError.
    `channels` are known from elsewhere (the store), so that rules of the file may name them.
    """

    cron: CronCheck | None = None
    template: Callable[[str], None] | None = None
    channels: Collection[str] = ()


def location(environ: Mapping[str, str]) -> Path:
    """Where the file stands: VEDETTE_CONFIG, else `$XDG_CONFIG_HOME/vedette/vedette.toml`."""
    if named := environ.get("VEDETTE_CONFIG"):
        return Path(named)
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or Path.home()) / ".config"
    return Path(home) / "vedette" / "vedette.toml"


def load(path: Path | None, environ: Mapping[str, str], checks: Checks | None = None) -> Settings:
    """The settings of a file. A default file that does not exist means default settings.

    InvalidSettings (a SettingsError) tells everything wrong in it; SettingsError that it cannot be read.
    """
    named = path is not None or bool(environ.get("VEDETTE_CONFIG"))
    file = path or location(environ)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        if named:
            raise SettingsError(f"{file}: there is no such settings file") from None
        return Settings()
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE:
        raise SettingsError(f"{file}: larger than {LARGEST_FILE} bytes")
    return parse(_decoded(content, str(file)), str(file), checks)


def parse(text: str, source: str, checks: Checks | None = None) -> Settings:
    """The settings that a TOML text means; `source` is its name in messages."""
    document = _document(text, source)
    problems = Problems(source, text)
    settings = read_document(Node(document, problems), checks or Checks(), digest=sha256(text.encode()).hexdigest())
    problems.settle()
    return replace(settings, text=text)


def read_document(root: Node, checks: Checks, digest: str = "") -> Settings:
    """The settings of a whole document, TOML or JSON; what is wrong is noted at the root's problems."""
    engine = read_engine(root.child("engine", _raw(root, "engine")))
    context = TargetContext(profile=engine.profile, check_cron=checks.cron)
    sections: dict[str, Reader] = {
        "engine": lambda _: engine,
        "profile": read_batch,
        "fetch": read_fetch,
        "connectivity": read_connectivity,
        "retention": read_retention,
        "target": lambda node: _tables(node, lambda each: read_target(each, context)),
        "channel": lambda node: _tables(node, read_channel),
        "rule": lambda node: _tables(node, read_rule),
        "templates": lambda node: _templates(node, checks),
    }
    found = table(root, Shape(sections, later=LATER))
    settings = Settings(
        engine=engine,
        batch=found.get("profile", BatchSettings()),
        fetch=found.get("fetch", FetchSettings()),
        connectivity=found.get("connectivity", ConnectivitySettings()),
        retention=found.get("retention", RetentionSettings()),
        targets=found.get("target", ()),
        channels=found.get("channel", ()),
        rules=found.get("rule", ()),
        templates=found.get("templates", {}),
        source=root.problems.source,
        digest=digest,
    )
    _refuse_duplicates(root)
    _refuse_unknown_names(root, checks)
    return settings


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidSettings(source, (Problem(line, 0, "", "not UTF-8 text"),)) from None


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        last = text.count("\n") + 1
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (last, 0)
        raise InvalidSettings(source, (Problem(line, column, "", _TOML_PLACE.sub("", str(error))),)) from None
    except RecursionError:
        raise SettingsError(f"{source}: nested too deeply") from None


def _raw(node: Node, key: str) -> object:
    return node.raw.get(key, {}) if isinstance(node.raw, dict) else {}


def _tables(node: Node, read: Callable[[Node], Any]) -> tuple[Any, ...] | None:
    if not isinstance(node.raw, list):
        node.wrong(f"expected tables, each under [[{node.path[-1]}]]")
        return None
    values = [read(node.child(number, raw)) for number, raw in enumerate(node.raw)]
    return tuple(value for value in values if value is not None)


def _templates(node: Node, checks: Checks) -> dict[str, str]:
    def read(each: Node) -> str | None:
        try:
            text = kinds.long_text(each.raw)
            if checks.template is not None:
                checks.template(text)
        except (ValueError, VedetteError) as error:
            each.wrong(str(error))
            return None
        return text

    return dict(mapping(kinds.name, read)(node) or ())


def _named(root: Node, section: str) -> Iterable[tuple[Node, object]]:
    """The nodes of an array of tables, each with its name as written."""
    raw = _raw(root, section)
    for number, each in enumerate(raw if isinstance(raw, list) else ()):
        if isinstance(each, dict):
            yield root.child(section, raw).child(number, each), each.get("name")


def _refuse_duplicates(root: Node) -> None:
    for section in ("target", "channel", "rule"):
        first: dict[object, Node] = {}
        for node, name in _named(root, section):
            if not isinstance(name, str):
                continue
            if name in first:
                line = root.problems.line((*first[name].path, "name"))
                where = f"in line {line}" if line else "before it"
                node.child("name", name).wrong(f"a {section} of this name stands already {where}")
            first.setdefault(name, node)


def _refuse_unknown_names(root: Node, checks: Checks) -> None:
    channels = [name for _, name in _named(root, "channel") if isinstance(name, str)] + list(checks.channels)
    for node, _ in _named(root, "rule"):
        notify = _raw(node, "notify")
        for number, name in enumerate(notify if isinstance(notify, list) else ()):
            _refuse_unknown(node.child("notify", notify).child(number, name), name, channels, "channel")
    raw_templates = _raw(root, "templates")
    templates = list(raw_templates) if isinstance(raw_templates, dict) else []
    for node, _ in _named(root, "channel"):
        if name := _raw(node, "template"):
            _refuse_unknown(node.child("template", name), name, templates, "template")


def _refuse_unknown(node: Node, name: object, known: list[str], what: str) -> None:
    if not isinstance(name, str) or name in known:
        return
    meant = nearest(name, known)
    node.wrong(f"there is no {what} '{name}'" + (f"; did you mean '{meant}'?" if meant else ""))
