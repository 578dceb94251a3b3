"""Finds the traces of thousands of fingerprints in one response without trying each of them.

Every expression was asked beforehand which literals it cannot match without. One Aho-Corasick automaton a field looks
for the rarest of each; only where that one and the others are there is the expression compiled (once) and tried. The
hits are those of trying every rule on every value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Protocol

import re2
from ahocorasick_rs import BytesAhoCorasick

from core.scan.technology.fingerprints import KEYED, Field, Fingerprint, Rule
from core.scan.technology.pattern import Pattern, version_of

MOST_ELEMENTS = 50
_REGEX_MEMORY = 4 << 20


class Element(Protocol):
    """An element of a page."""

    @property
    def attributes(self) -> Mapping[str, str | None]:
        """Its attributes by lower-case name."""
        ...

    def text(self) -> str:
        """The text inside it."""
        ...


class Selectable(Protocol):
    """A page that answers CSS selectors; what it cannot read selects nothing."""

    def css(self, selector: str) -> Sequence[Element]:
        """All elements selected."""
        ...

    def css_first(self, selector: str) -> Element | None:
        """The first of them."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """What there is to look at: the values of each field, for keyed fields by name, and the page for selectors."""

    values: Mapping[Field, Sequence[str]]
    keyed: Mapping[Field, Mapping[str, Sequence[str]]]
    page: Selectable | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched: in which value of its field, where in it (in UTF-8 bytes), and the version it tells."""

    technology: str
    rule: Rule
    version: str
    value: str
    start: int
    end: int
    ordinal: int = 0


Owned = tuple[str, Rule]


class Subject:
    """One value in the forms that matching needs.

    RE2 folds the Kelvin sign and the long s to k and s; they are blanked so that only ASCII is folded, as in the
    search for literals.
    """

    __slots__ = ("encoded", "lowered", "text")

    def __init__(self, text: str) -> None:
        if not text.isascii():
            text = text.replace("\u212a", "\ufffd").replace("\u017f", "\ufffd")
        self.text = text
        self.encoded = text.encode("utf-8", "replace")
        self.lowered = self.encoded.lower()

    def holds(self, pattern: Pattern) -> bool:
        """Whether all that a pattern requires is there."""
        return all(any(literal.encode() in self.lowered for literal in clause) for clause in pattern.required)


Search = Callable[[Subject], tuple[int, int, Sequence[str | None]] | None]


@lru_cache(maxsize=16_384)
def search(expression: str) -> Search:
    """A function that finds an expression in a subject: (start, end, groups), offsets in UTF-8 bytes.

    RE2 where it can read the expression, because its time is linear in the text whatever the text; else `re`, whose
    repetitions are bounded and whose caller can be killed.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _REGEX_MEMORY
    try:
        linear = re2.compile(expression, options)  # type: ignore[no-untyped-call]
    except re2.error:
        return _backtracking(re.compile(expression, re.IGNORECASE | re.ASCII))

    def find(subject: Subject) -> tuple[int, int, Sequence[str | None]] | None:
        match = linear.search(subject.encoded)
        if match is None:
            return None
        return (*match.span(), [group and group.decode("utf-8", "replace") for group in match.groups()])

    return find


def _backtracking(regex: re.Pattern[str]) -> Search:
    def find(subject: Subject) -> tuple[int, int, Sequence[str | None]] | None:
        match = regex.search(subject.text)
        if match is None:
            return None
        start, end = (len(subject.text[:offset].encode("utf-8", "replace")) for offset in match.span())
        return start, end, match.groups()

    return find


def try_rule(owned: Owned, subject: Subject, value: str, ordinal: int = 0) -> Hit | None:
    """Try one rule on one value, whatever it requires."""
    technology, rule = owned
    if not rule.pattern.expression:
        return Hit(technology, rule, version_of(rule.pattern.version, ()), value, 0, 0, ordinal)
    found = search(rule.pattern.expression)(subject)
    if found is None:
        return None
    start, end, groups = found
    return Hit(technology, rule, version_of(rule.pattern.version, groups), value, start, end, ordinal)


def try_selector(owned: Owned, page: Selectable) -> Iterator[Hit]:
    """Try a rule on the elements that its selector matches, at most 50 of them."""
    technology, rule = owned
    if not rule.part:
        if page.css_first(rule.key) is not None:
            yield Hit(technology, rule, version_of(rule.pattern.version, ()), rule.key, 0, 0)
        return
    for element in page.css(rule.key)[:MOST_ELEMENTS]:
        value = element.text() if rule.part == "text" else element.attributes.get(rule.part)
        if value is not None:
            hit = try_rule(owned, Subject(value), value)
            if hit is not None:
                yield hit


class _Index:
    """The rules of one or more fields behind one automaton over the rarest clause of each."""

    def __init__(self, rules: Iterable[Owned]) -> None:
        self.always: list[Owned] = []
        anchored: dict[str, list[Owned]] = {}
        for owned in rules:
            required = owned[1].pattern.required
            for literal in required[0] if required else ():
                anchored.setdefault(literal, []).append(owned)
            if not required:
                self.always.append(owned)
        self._rules = list(anchored.values())
        self._automaton = BytesAhoCorasick([literal.encode() for literal in anchored])

    def candidates(self, subject: Subject) -> list[Owned]:
        """The rules worth trying on a subject, each once."""
        seen = {index for index, _, _ in self._automaton.find_matches_as_indexes(subject.lowered, overlapping=True)}
        found = {id(owned): owned for index in sorted(seen) for owned in self._rules[index]}
        return [*self.always, *(owned for owned in found.values() if subject.holds(owned[1].pattern))]


class Matcher:
    """The compiled form of a set of fingerprints; it keeps no state between responses."""

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        rules: dict[Field, list[Owned]] = {field: [] for field in Field}
        for fingerprint in fingerprints:
            for rule in fingerprint.rules:
                rules[rule.field].append((fingerprint.name, rule))
        self._keyed = {field: _by_key(rules[field]) for field in KEYED}
        plain = (Field.SCRIPT, Field.STYLESHEET, Field.URL, Field.INLINE)
        self._plain = {field: _Index(rules[field]) for field in plain}
        self._markup = _Index([*rules[Field.HTML], *rules[Field.DOM]])

    def hits(self, view: View) -> list[Hit]:
        """Every rule that matches, in no particular order."""
        return list(chain(self._keyed_hits(view), self._plain_hits(view), self._markup_hits(view)))

    def _keyed_hits(self, view: View) -> Iterator[Hit]:
        for field, rules in self._keyed.items():
            for name, values in view.keyed.get(field, {}).items():
                for owned in rules.get(name, ()):
                    yield from _tried(owned, values)

    def _plain_hits(self, view: View) -> Iterator[Hit]:
        for field, index in self._plain.items():
            for ordinal, value in enumerate(view.values.get(field, ())):
                subject = Subject(value)
                for owned in index.candidates(subject):
                    hit = try_rule(owned, subject, value, ordinal)
                    if hit is not None:
                        yield hit

    def _markup_hits(self, view: View) -> Iterator[Hit]:
        for value in view.values.get(Field.HTML, ()):
            subject = Subject(value)
            for owned in self._markup.candidates(subject):
                if owned[1].field is Field.HTML:
                    hit = try_rule(owned, subject, value)
                    if hit is not None:
                        yield hit
                elif view.page is not None:
                    yield from try_selector(owned, view.page)


def _by_key(rules: Iterable[Owned]) -> dict[str, list[Owned]]:
    by_key: dict[str, list[Owned]] = {}
    for owned in rules:
        by_key.setdefault(owned[1].key, []).append(owned)
    return by_key


def _tried(owned: Owned, values: Sequence[str]) -> Iterator[Hit]:
    for ordinal, value in enumerate(values):
        subject = Subject(value)
        if subject.holds(owned[1].pattern):
            hit = try_rule(owned, subject, value, ordinal)
            if hit is not None:
                yield hit
