"""A cursor over the text of a filter that takes one lexeme at a time and says where and what it cannot read.

What may come next depends on the field that came before (`..` is a range of numbers but plain text in a title), so
the parser pulls lexemes as it goes instead of being handed a finished list.
"""

from __future__ import annotations

import re

from wcwidth import wcswidth

from core.errors import QueryError

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:(:)(?!//)|(~)|\s*(!=|>=|<=|=|>|<)\s*)")
_KEYWORD = re.compile(r"(or|and|not)(?=[\s()]|$)", re.IGNORECASE)
_WORD = re.compile(r'[^\s()"]+')
_VALUE = re.compile(r'[^\s()",]+')
_SHOWN = 60


class Scanner:
    """The text and a position in it (characters from 0)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    @property
    def next(self) -> str:
        """The character under the cursor, empty at the end."""
        return self.text[self.position : self.position + 1]

    def skip_space(self) -> None:
        while self.next.isspace():
            self.position += 1

    def take(self, literal: str) -> bool:
        """Step over `literal` if it stands here."""
        if not self.text.startswith(literal, self.position):
            return False
        self.position += len(literal)
        return True

    def keyword(self) -> str:
        """`or`, `and`, `not` if one stands here as a word of its own, else empty; does not move."""
        match = _KEYWORD.match(self.text, self.position)
        return match[1].lower() if match else ""

    def field(self) -> tuple[str, str, int] | None:
        """Step over `name operator`; the name, the operator and the operator's position."""
        match = _FIELD.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        group = match.lastindex or 1
        return match[1], match[group], match.start(group)

    def word(self) -> str:
        """Step over everything up to a space, a parenthesis or a quote."""
        return self._run(_WORD)

    def value(self) -> str:
        """Like `word`, but a comma ends it too."""
        return self._run(_VALUE)

    def _run(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0]

    def balanced(self) -> str:
        """Step over everything up to a space or a closing parenthesis that was not opened here."""
        start, depth = self.position, 0
        while self.next and not self.next.isspace():
            depth += (self.next == "(") - (self.next == ")")
            if depth < 0:
                break
            self.position += 1
        return self.text[start : self.position]

    def string(self) -> str:
        """Step over a quoted string; `\\"` and `\\\\` stand for the characters themselves."""
        start = self.position
        self.position += 1
        characters: list[str] = []
        while self.next != '"':
            if not self.next:
                raise self.error(start, "this quote is never closed", '"')
            if self.next == "\\" and self.text[self.position + 1 : self.position + 2] in ('"', "\\"):
                self.position += 1
            characters.append(self.next)
            self.position += 1
        self.position += 1
        return "".join(characters)

    def regex(self) -> str:
        """Step over `/pattern/`, in which `\\/` stands for a slash."""
        start = self.position
        self.position += 1
        characters: list[str] = []
        while self.next != "/":
            if not self.next:
                raise self.error(start, "this regular expression is never closed; quote the text to search for it", "/")
            if self.next == "\\":
                self.position += 1
                characters.append("" if self.next == "/" else "\\")
            characters.append(self.next)
            self.position += 1
        self.position += 1
        return "".join(characters)

    def error(self, position: int, message: str, *expected: str) -> QueryError:
        """The error to raise, its message showing the text with a caret under the character meant."""
        start = max(0, position - _SHOWN)
        line = "".join(each if each.isprintable() else " " for each in self.text[start : position + _SHOWN])
        column = max(wcswidth(line[: position - start]), 0)
        wanted = f"\nexpected: {', '.join(expected)}" if expected else ""
        return QueryError(f"{message}\n  {line}\n  {' ' * column}^{wanted}", self.text, position, expected)
