"""Reads fingerprint files that the operator supplies, in the shape of npm wappalyzer 6.10 (technologies/*.json).

Those sets have licences of their own, so none is shipped. What one HTTP response cannot show (JavaScript globals,
robots.txt, certificates) and what cannot be read is left out and counted, never an error: such files are large and
written for another engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.errors import SettingsError
from core.scan.technology.fingerprints import Field, Fingerprint, Implied, Rule, dom_rule, implied, rule_key
from core.scan.technology.pattern import Pattern, parse_pattern

_UNSEEN = ("js", "xhr", "text", "css", "robots", "magento", "certIssuer", "probe")
_KEYED = {"headers": Field.HEADER, "cookies": Field.COOKIE, "meta": Field.META, "dns": Field.DNS}
_PLAIN = {"scriptSrc": Field.SCRIPT, "scripts": Field.INLINE, "html": Field.HTML, "url": Field.URL}


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a foreign set came to; `skipped` counts by field what was left out, as in {"js": 1604}."""

    fingerprints: tuple[Fingerprint, ...]
    skipped: Mapping[str, int]


def load_foreign(paths: Iterable[Path]) -> Foreign:
    """Read JSON files, and those in folders; categories.json among them names the categories.

    SettingsError names a file that is not JSON or not an object.
    """
    categories: dict[str, str] = {}
    technologies: dict[str, Any] = {}
    for path in _files(paths):
        content = _object(path)
        named = {key: value["name"] for key, value in content.items() if key.isdecimal() and _names(value)}
        categories |= named
        technologies |= {key: value for key, value in content.items() if key not in named}
    skipped: Counter[str] = Counter()
    reader = _Reader(categories, skipped)
    fingerprints = tuple(reader.fingerprint(name, table) for name, table in technologies.items() if _is_table(table))
    return Foreign(fingerprints, dict(skipped))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.json")) if path.is_dir() else [path]


def _object(path: Path) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.MsgspecError, OSError) as error:
        raise SettingsError(f"{path}: not a file of fingerprints: {error}") from error
    inner = content.get("technologies", content.get("apps"))
    if not isinstance(inner, dict):
        return content
    categories = content.get("categories")
    return {**(categories if isinstance(categories, dict) else {}), **inner}


def _names(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and "cats" in value


class _Reader:
    """Turns tables into fingerprints and counts what it leaves out."""

    def __init__(self, categories: Mapping[str, str], skipped: Counter[str]) -> None:
        self._categories = categories
        self._skipped = skipped

    def fingerprint(self, name: str, table: Mapping[str, Any]) -> Fingerprint:
        self._skipped.update(field for field in _UNSEEN if field in table)
        return Fingerprint(
            name=name,
            categories=self._named(table.get("cats")),
            rules=(*self._keyed(table), *self._plain(table), *self._dom(table.get("dom"))),
            implies=tuple(self._implied(table.get("implies"))),
            requires=tuple(_strings(table.get("requires"))),
            requires_category=self._named(table.get("requiresCategory")),
            excludes=tuple(text.partition("\\;")[0] for text in _strings(table.get("excludes"))),
        )

    def _named(self, given: object) -> tuple[str, ...]:
        return tuple(self._categories.get(number, number) for number in _strings(given))

    def _keyed(self, table: Mapping[str, Any]) -> Iterator[Rule]:
        for name, field in _KEYED.items():
            for key, given in _items(table.get(name)):
                for pattern in self._patterns(name, given):
                    yield Rule(field, pattern, rule_key(field, key))

    def _plain(self, table: Mapping[str, Any]) -> Iterator[Rule]:
        for name, field in _PLAIN.items():
            for pattern in self._patterns(name, table.get(name)):
                yield Rule(field, pattern)

    def _dom(self, given: object) -> Iterator[Rule]:
        """Either selectors alone, or for each what of the element must match."""
        for selector in () if isinstance(given, dict) else _strings(given):
            yield dom_rule(selector, "", Pattern(""))
        for selector, wanted in _items(given):
            for part, expression in self._parts(wanted):
                for pattern in self._patterns("dom", expression):
                    yield dom_rule(selector, part, pattern)

    def _parts(self, wanted: object) -> Iterator[tuple[str, object]]:
        for kind, given in _items(wanted):
            match kind:
                case "exists":
                    yield "", given
                case "text":
                    yield "text", given
                case "attributes":
                    yield from _items(given)
                case _:
                    self._skipped[f"dom {kind}"] += 1

    def _patterns(self, field: str, given: object) -> Iterator[Pattern]:
        for text in _strings(given):
            try:
                yield parse_pattern(text)
            except ValueError:
                self._skipped[f"{field}: not readable"] += 1

    def _implied(self, given: object) -> Iterator[Implied]:
        for text in _strings(given):
            try:
                yield implied(text)
            except ValueError:
                self._skipped["implies: not readable"] += 1


def _strings(given: object) -> list[str]:
    """One or more texts or numbers as a list of texts; anything else is none."""
    if isinstance(given, list):
        return [str(each) for each in given if isinstance(each, str | int)]
    return [str(given)] if isinstance(given, str | int) else []


def _items(given: object) -> Iterable[tuple[str, object]]:
    return given.items() if isinstance(given, dict) else ()
