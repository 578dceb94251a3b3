"""Where each key and value of a TOML document stands in its text.

tomllib answers with plain dictionaries and forgets the places; a settings error without its line is half an error.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""("{0,2})' r"|'''.*?'''('{0,2})" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_WRITTEN = re.compile(r"(\\[ \t\r]*\n\s*)|\\U.{8}|\\u.{4}|\\.|\r\n|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Offsets into the text: of the key (or element, or header) and of the value's first character."""

    key: int
    value: int


def index(text: str) -> dict[Path, Place]:
    """Every path of a document that tomllib accepts, with its place; elements of arrays have integer steps."""
    walk = _Walk(text)
    walk.document()
    return walk.places


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def inside(text: str, place: Place, position: int) -> int:
    """The offset at which character `position` of the string value at `place` is written."""
    quote = text[place.value]
    start = place.value + 1
    if text.startswith(quote * 3, place.value):
        start = re.compile(r"\r?\n|").match(text, place.value + 3).end()  # type: ignore[union-attr]
    if quote == "'":
        return start + position
    left = position
    for piece in _WRITTEN.finditer(text, start):
        if left == 0 and piece[1] is None:
            return piece.start()
        left -= piece[1] is None
    return len(text)


class _Walk:
    """One pass over a valid document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}
        self.lengths: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._blank()
        while self.at < len(self.text):
            table = self._header() if self.text[self.at] == "[" else self._pair(table)
            self._blank()

    def _header(self) -> Path:
        start, width = self.at, 2 if self.text.startswith("[[", self.at) else 1
        self.at += width
        path: Path = ()
        keys = self._keys()
        for number, (key, _) in enumerate(keys):
            path = (*path, key)
            self.places.setdefault(path, Place(start, start))
            if width == 2 and number == len(keys) - 1:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
                self.places.setdefault(path, Place(start, start))
        self._blank()
        self.at += width
        return path

    def _pair(self, table: Path) -> Path:
        path = table
        for key, start in self._keys():
            path = (*path, key)
            self.places.setdefault(path, Place(start, start))
        self.at += 1
        self._blank()
        self.places[path] = Place(self.places[path].key, self.at)
        self._value(path)
        return table

    def _keys(self) -> list[tuple[str, int]]:
        """The parts of a dotted key with their offsets; stops at what follows it."""
        keys = []
        while True:
            self._blank()
            keys.append((self._key(), self.at))
            self.at += self._match(_BARE_KEY if self.text[self.at] not in "\"'" else _STRING)
            self._blank()
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _key(self) -> str:
        if self.text[self.at] not in "\"'":
            return self.text[self.at : self.at + self._match(_BARE_KEY)]
        written = self.text[self.at : self.at + self._match(_STRING)]
        return str(tomllib.loads(f"key = {written}")["key"])

    def _value(self, path: Path) -> None:
        first = self.text[self.at]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self.at += self._match(_STRING if first in "\"'" else _SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        self._blank()
        length = 0
        while self.text[self.at] != "]":
            self.places[(*path, length)] = Place(self.at, self.at)
            self._value((*path, length))
            length += 1
            self._comma()
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._blank()
        while self.text[self.at] != "}":
            self._pair(path)
            self._comma()
        self.at += 1

    def _comma(self) -> None:
        self._blank()
        if self.text[self.at] == ",":
            self.at += 1
            self._blank()

    def _blank(self) -> None:
        self.at += self._match(_BLANK)

    def _match(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        return found.end() - found.start() if found else 0
