"""What is wrong, and what is merely odd, with a settings file: the findings of `check-config`."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SecretError, SettingsError
from core.model.alert import Rule
from core.model.secret import SecretRef
from core.model.target import Target, TargetClass
from core.query import filters
from core.query.syntax import And, Comparison, Expression
from core.settings.channels import HEADER_SECRET
from core.settings.load import Checks, load
from core.settings.positions import Path as KeyPath
from core.settings.problems import InvalidSettings, Problems
from core.settings.values import Settings

ERROR, WARNING = "error", "warning"
POLITE_FLOOR = 900.0

_ABOUT_TARGETS = frozenset({"name", "tag", "class", "owner", "profile", "url"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One sentence about one line (0: about the file); `severity` is "error" or "warning"."""

    line: int
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands outside the file: `resolve` raises SecretError for a secret that cannot be had."""

    checks: Checks = field(default_factory=Checks)
    targets: tuple[Target, ...] = ()
    resolve: Callable[[SecretRef], object] | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """The settings with the text they come from."""

    settings: Settings
    problems: Problems
    around: Surroundings

    def warn(self, path: KeyPath, message: str) -> Finding:
        return Finding(self.problems.line(path), WARNING, message)


def findings(path: Path, around: Surroundings | None = None) -> list[Finding]:
    """Every error of the file or, where it has none, every warning; by line."""
    around = around or Surroundings()
    try:
        settings = load(path, {}, around.checks)
    except InvalidSettings as error:
        return [Finding(each.line, ERROR, f"{each.key}: {each.message}".lstrip(": ")) for each in error.problems]
    except SettingsError as error:
        return [Finding(0, ERROR, str(error))]
    text = path.read_text("utf-8-sig")
    reading = _Reading(settings, Problems(str(path), text), around)
    found = [finding for look in _LOOKS for finding in look(reading)]
    return sorted([*found, *_mode(path)])


def _mode(path: Path) -> Iterable[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o022:
        yield Finding(0, WARNING, f"others may write this file (mode {mode:04o}): chmod go-w {path}")
    if mode & 0o004:
        yield Finding(0, WARNING, f"everybody may read this file (mode {mode:04o}): chmod o-r {path}")


def _channels(reading: _Reading) -> Iterable[Finding]:
    rules = reading.settings.rules
    told = {name for rule in rules for name in rule.notify}
    if not rules or any(not rule.notify for rule in rules):
        return  # without rules, and by rules that name nobody, every channel is told
    for number, channel in enumerate(reading.settings.channels):
        if channel.name not in told:
            yield reading.warn(("channel", number, "name"), f"no rule tells channel '{channel.name}'")


def _templates(reading: _Reading) -> Iterable[Finding]:
    used = {channel.option("template") for channel in reading.settings.channels}
    for name in reading.settings.templates:
        if name not in used:
            yield reading.warn(("templates", name), f"no channel uses template '{name}'")


def _rules(reading: _Reading) -> Iterable[Finding]:
    records = [_record(each) for each in (*reading.settings.targets, *reading.around.targets)]
    for number, rule in enumerate(reading.settings.rules):
        if not rule.enabled:
            yield reading.warn(("rule", number, "enabled"), f"rule '{rule.name}' is switched off")
        for term in _terms(rule):
            test = filters.compile_filter(str(term), 0.0)
            if not any(test(record) for record in records):
                yield reading.warn(("rule", number, "when"), f"'{term}' holds for no target known")


def _terms(rule: Rule) -> Iterable[Comparison]:
    """The conditions on targets that must all hold."""
    expression: Expression = filters.parse(rule.when).expression
    for part in expression.parts if isinstance(expression, And) else (expression,):
        if isinstance(part, Comparison) and part.field in _ABOUT_TARGETS:
            yield part


def _record(target: Target) -> dict[str, object]:
    return {
        "name": target.name,
        "url": target.url,
        "tags": target.tags,
        "class": target.target_class.value,
        "owner": target.owner,
        "profile": target.profile.value,
    }


def _targets(reading: _Reading) -> Iterable[Finding]:
    for number, target in enumerate(reading.settings.targets):
        every = target.schedule.every
        if target.target_class == TargetClass.COMPETITOR and every is not None and every < POLITE_FLOOR:
            message = f"'{target.name}' is a competitor's: it is looked at every 15 minutes at most"
            yield reading.warn(("target", number, "every"), message)


def _files(reading: _Reading) -> Iterable[Finding]:
    given = reading.settings.fetch.ca_file
    if given and not Path(given).is_file():
        yield reading.warn(("fetch", "ca_file"), f"there is no file {given}")


def _secrets(reading: _Reading) -> Iterable[Finding]:
    if reading.around.resolve is None:
        return
    for number, channel in enumerate(reading.settings.channels):
        for key, ref in channel.secrets:
            try:
                reading.around.resolve(ref)
            except SecretError as error:
                yield reading.warn(("channel", number, *_written_as(key)), str(error))


def _written_as(key: str) -> KeyPath:
    """Where a channel's secret stands in its table."""
    if key.startswith(HEADER_SECRET):
        return ("headers", key.removeprefix(HEADER_SECRET))
    return ("basic", "password") if key == "basic_password" else (key,)


_LOOKS = (_channels, _templates, _rules, _targets, _files, _secrets)
