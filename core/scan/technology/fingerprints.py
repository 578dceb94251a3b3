"""What is known of each technology's traces, and the reader of our own set, fingerprints.toml.

The set is written from vendors' documentation and from what their software serves; tests/scan/technology/snippets.toml
names the source of each. A technology is one table there; the fields are those of `Entry`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from core.errors import SettingsError
from core.scan.technology.literals import selector_literals
from core.scan.technology.pattern import Pattern, parse_pattern

BUILT_IN = Path(__file__).with_name("fingerprints.toml")

OneOrMore = str | list[str]

# Documented addresses: jsDelivr `/npm/name@1.2.3/file` (also in `/combine/npm/a@1,npm/b@2`), unpkg `/name@1.2.3/file`;
# cdnjs and Google Hosted Libraries `/ajax/libs/name/1.2.3/file`. A bare major is a range, not a version.
_PACKAGE = r"(?:/npm/|,npm/|//unpkg\.com/){name}(?:@v?(\d+\.[\w.-]*)|@[\w.-]+)?(?:[/,?]|$)\;version:\1"
_CDNJS = r"/ajax/libs/{name}/(?:v?(\d+\.[\w.-]*)|\d+|latest)/\;version:\1"


class Field(StrEnum):
    """Where in a response a rule looks. Rules of the first four name which one; the others see each value."""

    HEADER = "header"
    COOKIE = "cookie"
    META = "meta"
    DNS = "dns"
    SCRIPT = "script"
    STYLESHEET = "stylesheet"
    URL = "url"
    HTML = "html"
    INLINE = "inline script"
    DOM = "dom"


KEYED = (Field.HEADER, Field.COOKIE, Field.META, Field.DNS)


@dataclass(frozen=True, slots=True)
class Rule:
    """One trace. `key` is the lower-case name of a header, cookie, meta or DNS type, or a CSS selector;
    `part` is what of the selected element must match: an attribute, "text", or "" for its being there."""

    field: Field
    pattern: Pattern
    key: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Implied:
    """What follows from a technology; `confidence` per cent is the most that can be concluded."""

    name: str
    version: str = ""
    confidence: int = 100


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A technology with its traces. Of `requires` and of `requires_category` at least one must be there if any."""

    name: str
    categories: tuple[str, ...]
    rules: tuple[Rule, ...]
    implies: tuple[Implied, ...] = ()
    requires: tuple[str, ...] = ()
    requires_category: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A technology as fingerprints.toml writes it; patterns in the notation of pattern.py.

    `packages` are names in the npm registry and `cdnjs` names at cdnjs: they stand for scripts and style sheets at the
    addresses that the public networks give them (`_PACKAGE`, `_CDNJS`).
    """

    categories: list[str]
    website: str
    headers: dict[str, OneOrMore] = {}
    cookies: dict[str, OneOrMore] = {}
    metas: dict[str, OneOrMore] = {}
    dns: dict[str, OneOrMore] = {}
    packages: list[str] = []
    cdnjs: list[str] = []
    scripts: OneOrMore = []
    stylesheets: OneOrMore = []
    url: OneOrMore = []
    html: OneOrMore = []
    inline_scripts: OneOrMore = []
    dom: dict[str, dict[str, str]] = {}
    implies: OneOrMore = []
    requires: OneOrMore = []
    requires_category: OneOrMore = []
    excludes: OneOrMore = []


class _File(msgspec.Struct, forbid_unknown_fields=True):
    categories: dict[str, str]
    technology: dict[str, dict[str, Any]]


@cache
def built_in() -> tuple[Fingerprint, ...]:
    """Our own set, read once a process."""
    return load(BUILT_IN)


def load(path: Path) -> tuple[Fingerprint, ...]:
    """Read a file in our format. SettingsError names the file, the technology and the field."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path.name}: {error}") from error
    fingerprints = []
    for name, table in file.technology.items():
        try:
            fingerprints.append(_fingerprint(name, msgspec.convert(table, Entry), file.categories))
        except ValueError as error:
            raise SettingsError(f"{path.name}: technology {name!r}: {error}") from error
    _check_names(path.name, fingerprints)
    return tuple(fingerprints)


def _patterns(field: str, given: OneOrMore) -> Iterator[Pattern]:
    """The patterns of one field. ValueError names it."""
    for text in _listed(given):
        try:
            yield parse_pattern(text)
        except ValueError as error:
            raise ValueError(f"{field}: {error}") from error


def _keyed_rules(field: Field, given: Mapping[str, OneOrMore]) -> Iterator[Rule]:
    """Rules of a field whose values have names."""
    for name, expressions in given.items():
        for pattern in _patterns(f"{field} {name}", expressions):
            yield Rule(field, pattern, rule_key(field, name))


def rule_key(field: Field, name: str) -> str:
    """A header, cookie or meta name as responses are asked for it: in lower case; DNS types in capitals."""
    return name.upper() if field is Field.DNS else name.lower()


def dom_rule(selector: str, part: str, pattern: Pattern) -> Rule:
    """A rule on the elements a selector matches. What it requires is required of the markup."""
    required = selector_literals(selector)
    return Rule(Field.DOM, replace(pattern, required=required), selector, part)


def _listed(given: OneOrMore) -> list[str]:
    """One or more, as a list."""
    return [given] if isinstance(given, str) else given


def _fingerprint(name: str, entry: Entry, categories: Mapping[str, str]) -> Fingerprint:
    unknown = [key for key in (*entry.categories, *_listed(entry.requires_category)) if key not in categories]
    if unknown:
        raise ValueError(f"categories: {unknown[0]!r} is not in the table of categories")
    return Fingerprint(
        name=name,
        categories=tuple(categories[key] for key in entry.categories),
        rules=tuple(_rules(entry)),
        implies=tuple(map(implied, _listed(entry.implies))),
        requires=tuple(_listed(entry.requires)),
        requires_category=tuple(categories[key] for key in _listed(entry.requires_category)),
        excludes=tuple(_listed(entry.excludes)),
    )


def implied(text: str) -> Implied:
    """`name\\;version:8\\;confidence:50`, as implications are written."""
    name, separator, tags = text.partition("\\;")
    pattern = parse_pattern(separator + tags)
    return Implied(name, pattern.version, pattern.confidence)


def _rules(entry: Entry) -> Iterator[Rule]:
    named = {Field.HEADER: entry.headers, Field.COOKIE: entry.cookies, Field.META: entry.metas, Field.DNS: entry.dns}
    for field, given in named.items():
        yield from _keyed_rules(field, given)
    addresses = [_PACKAGE.format(name=re.escape(name)) for name in entry.packages]
    addresses += [_CDNJS.format(name=re.escape(name)) for name in entry.cdnjs]
    plain = {
        Field.SCRIPT: [*_listed(entry.scripts), *addresses],
        Field.STYLESHEET: [*_listed(entry.stylesheets), *addresses],
        Field.URL: entry.url,
        Field.HTML: entry.html,
        Field.INLINE: entry.inline_scripts,
    }
    for field, expressions in plain.items():
        yield from (Rule(field, pattern) for pattern in _patterns(field, expressions))
    for selector, parts in entry.dom.items():
        for part, expression in (parts or {"": ""}).items():
            yield from (dom_rule(selector, part, pattern) for pattern in _patterns(f"dom {selector}", expression))


def _check_names(file: str, fingerprints: list[Fingerprint]) -> None:
    names = {fingerprint.name for fingerprint in fingerprints}
    for fingerprint in fingerprints:
        named = (*fingerprint.requires, *fingerprint.excludes, *(other.name for other in fingerprint.implies))
        for other in named:
            if other not in names:
                raise SettingsError(
                    f"{file}: technology {fingerprint.name!r}: {other!r} is not a technology of this file"
                )
