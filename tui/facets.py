"""What stands in a column, as terms of the filter language: each value with the filter that finds exactly it.

Measured values fall into a few steps, because nobody filters by 212.3 ms; what is unknown is a value like any other.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.model.change import Severity
from core.query.filters import FIELDS, Field, FieldType, compile_filter, parse, quoted
from tui.sift import SLICE, Steps

MOST_VALUES = 500
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/@-]*")
_SHORT = ("100ms", "300ms", "1s", "3s")
_LONG = ("1m", "1h", "1d", "7d", "21d", "90d")
_SIZES = ("10kB", "100kB", "1MB", "10MB")
_SHARES = (".5", ".7", ".9")
_COUNTS = ("1", "2", "5", "10", "50", "100")
_AGES = ("-1m", "-1h", "-1d", "-7d", "-30d")
_NUMERIC = {FieldType.SIZE: _SIZES, FieldType.PERCENT: _SHARES, FieldType.NUMBER: _COUNTS, FieldType.TIME: _AGES}


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a field, the filter that finds it, and how many records have it."""

    words: str
    term: str
    count: int = 0


def facets(field: str, records: Sequence[Mapping[str, Any]], now: float) -> Steps[list[Facet]]:
    """The values of a field among records: steps in their order, anything else most frequent first."""
    asked = FIELDS[field]
    spans = _spans(asked)
    counts: Counter[tuple[str, str]] = Counter()
    tests = [(words, term, compile_filter(parse(term), now)) for words, term in spans]
    for start in range(0, len(records), SLICE):
        if start:
            yield
        for record in records[start : start + SLICE]:
            counts.update(_fitting(tests, record) if spans else values_of(asked, record))
    found = [Facet(words, term, count) for (words, term), count in counts.items()]
    if spans:
        order = [term for _, term in spans]
        return sorted(found, key=lambda each: order.index(each.term))
    return sorted(found, key=lambda each: (-each.count, each.words))[:MOST_VALUES]


def terms_of(field: str, record: Mapping[str, Any], now: float) -> str:
    """The filter that finds what is like this record in a field."""
    asked = FIELDS[field]
    spans = _spans(asked)
    if spans:
        tests = [(words, term, compile_filter(parse(term), now)) for words, term in spans]
        return " ".join(term for _, term in _fitting(tests, record))
    return " ".join(term for _, term in values_of(asked, record))


def narrowed(text: str, terms: str) -> str:
    """A filter that asks for more; what stood there goes into brackets where `or` would take the new terms in."""
    if not text.strip() or not terms:
        return terms or text
    if terms in text:
        return text
    return f"({text.strip()}) {terms}" if re.search(r"\bor\b", text) else f"{text.strip()} {terms}"


def any_of(chosen: Sequence[str]) -> str:
    """One filter that finds any of several values."""
    return chosen[0] if len(chosen) == 1 else "(" + " or ".join(f"({term})" for term in chosen) + ")"


Tests = Sequence[tuple[str, str, Callable[[Mapping[str, Any]], bool]]]


def _fitting(tests: Tests, record: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return next(([(words, term)] for words, term, test in tests if test(record)), [])


def _spans(field: Field) -> list[tuple[str, str]]:
    """The steps of a measured field, in words and as filters; empty where values stand for themselves."""
    if field.type in (FieldType.SEVERITY, FieldType.GRADE) or not field.ranged:
        return []
    edges = _NUMERIC.get(field.type) or (_LONG if field.since or field.unit >= 1 else _SHORT)
    if field.type is FieldType.TIME:
        newest = [(f"since {edges[0][1:]}", f"{field.name}>={edges[0]}")]
        between = [(f"{a[1:]} to {b[1:]} ago", f"{field.name}<{a} {field.name}>={b}") for a, b in _pairs(edges)]
        return [*newest, *between, (f"before {edges[-1][1:]}", f"{field.name}<{edges[-1]}"), _never(field)]
    least = [(f"below {edges[0]}", f"{field.name}<{edges[0]}")]
    between = [(f"{a} to {b}", f"{field.name}>={a} {field.name}<{b}") for a, b in _pairs(edges)]
    return [*least, *between, (f"{edges[-1]} and more", f"{field.name}>={edges[-1]}"), _never(field)]


def _pairs(edges: Sequence[str]) -> Iterable[tuple[str, str]]:
    return itertools.pairwise(edges)


def _never(field: Field) -> tuple[str, str]:
    return ("unknown", f"{field.name}:never")


def values_of(field: Field, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each value that a record has in a field, in words and as a filter."""
    found = next((record[key] for key in field.record_keys if record.get(key) not in (None, (), [])), None)
    if found is None:
        return [_never(field) if field.ranged else ("none", f"-{field.name}:*")]
    many = found if isinstance(found, (tuple, list)) else (found,)
    return list(dict.fromkeys(_value(field, each) for each in many))


def _value(field: Field, value: object) -> tuple[str, str]:
    if isinstance(value, (tuple, list)):
        value = value[0]  # a technology with its version
    words = Severity(value).name.lower() if field.type is FieldType.SEVERITY and isinstance(value, int) else str(value)
    written = words if _PLAIN.fullmatch(words) and words.lower() not in ("never", "or", "and", "not") else quoted(words)
    return words or "empty", f"{field.name}={written}"
