"""Which literals a regular expression cannot match without, so that a page without them need not be searched.

The expression is never rewritten: a page that holds the literals is still searched with the expression itself, so a
literal may be missed here but none may be invented. Only ASCII counts, in lower case; other characters end a literal
because their case folding depends on the engine.
"""

from __future__ import annotations

import re
import re._constants as opcodes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from functools import cache
from typing import Any

Clause = tuple[str, ...]
"""Literals of which at least one must be there."""

SHORTEST = 3
MOST_ALTERNATIVES = 24
MOST_CLAUSES = 6

# Found on nearly every page or in nearly every URL: a literal is as rare as what is left of it without these.
_COMMON = re.compile(
    r"https?:|www\.|\.com|\.min|\.js|\.css|scripts?|stylesheet|text/|javascript|assets?|static|dist|"
    r"<meta|<link|<div|<a |<img|href|src|class|content|name|name=|id=|data|/|=|\"|'|<|>|\s"
)
_REPEATS = (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT)


def required_literals(expression: str) -> tuple[Clause, ...]:
    """The clauses that every match of an expression satisfies, rarest first; none where nothing can be said.

    `expression` is matched without regard to case. Raises re.error where it cannot be read.
    """
    clauses = sorted(set(_clauses(parser.parse(expression))), key=_rank)
    return tuple(clauses[:MOST_CLAUSES])


def selector_literals(selector: str) -> tuple[Clause, ...]:
    """The same for a CSS selector: names and values that the markup must hold where the selector matches.

    A list of selectors makes one clause; what stands in `:not()` and its like requires nothing. A page that spells
    letters of its class names as character references is not recognised.
    """
    alternatives = [_selector_clauses(part) for part in _split_selectors(selector)]
    if len(alternatives) == 1:
        return tuple(sorted(set(alternatives[0]), key=_rank)[:MOST_CLAUSES])
    merged = _merged(alternatives)
    return (merged,) if merged else ()


@cache
def rarity(literal: str) -> int:
    """How many characters of a literal say something: its length without the words that every page has."""
    return len(_COMMON.sub("", literal))


def _rank(clause: Clause) -> tuple[int, int, Clause]:
    return -min(map(rarity, clause)), len(clause), clause


def _merged(alternatives: Iterable[Iterable[Clause]]) -> Clause:
    """One clause that holds whichever alternative does: the rarest of each; empty where one requires nothing."""
    literals: set[str] = set()
    for clauses in alternatives:
        rarest = min(clauses, key=_rank, default=None)
        if rarest is None:
            return ()
        literals.update(rarest)
    return tuple(sorted(literals)) if len(literals) <= MOST_ALTERNATIVES else ()


def _clauses(items: Iterable[Any]) -> list[Clause]:
    reader = _Reader()
    reader.read(items)
    reader.end_run()
    return reader.clauses


class _Reader:
    """One walk over a parsed expression; `run` is the literal being read."""

    def __init__(self) -> None:
        self.clauses: list[Clause] = []
        self.run: list[str] = []

    def end_run(self) -> None:
        literal = "".join(self.run)
        self.run.clear()
        if len(literal) >= SHORTEST:
            self.clauses.append((literal,))

    def read(self, items: Iterable[Any]) -> None:
        for opcode, argument in items:
            if opcode is opcodes.LITERAL:
                self._character(argument)
            elif opcode is opcodes.SUBPATTERN:
                self.read(argument[3])
            elif opcode is opcodes.ATOMIC_GROUP:
                self.read(argument)
            elif opcode is opcodes.BRANCH:
                self._branch(argument[1])
            elif opcode in _REPEATS:
                self._repeat(*argument)
            elif opcode not in (opcodes.AT, opcodes.ASSERT, opcodes.ASSERT_NOT):
                self.end_run()

    def _character(self, code: int) -> None:
        if code < 128:
            self.run.append(chr(code).lower())
        else:
            self.end_run()

    def _branch(self, branches: Iterable[Any]) -> None:
        self.end_run()
        merged = _merged(_clauses(branch) for branch in branches)
        if merged:
            self.clauses.append(merged)

    def _repeat(self, least: int, most: int, items: Iterable[Any]) -> None:
        """The first round joins what stands before it; what follows joins only where there is no second round."""
        if least:
            self.read(items)
        if (least, most) != (1, 1):
            self.end_run()


_NESTED = re.compile(r":[a-z-]+\([^()]*\)", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ATTRIBUTE = re.compile(r"\[\s*([\w-]+)\s*(?:([~|^$*]?=)\s*(\"[^\"]*\"|'[^']*'|[^\]\s]+))?[^\]]*\]")
_NAME = re.compile(r"[#.]?-?[A-Za-z_][\w-]*")


def _split_selectors(selector: str) -> list[str]:
    """The members of a selector list; commas inside quotes or brackets do not part them."""
    masked = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), selector)
    parts, start, depth = [], 0, 0
    for position, character in enumerate(masked):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(selector[start:position])
            start = position + 1
    return [*parts, selector[start:]]


def _selector_clauses(selector: str) -> list[Clause]:
    if "\\" in selector:
        return []
    selector = _NESTED.sub(" ", selector)
    literals: list[str] = []
    for name, operator, value in _ATTRIBUTE.findall(selector):
        literals.append(name)
        if operator:
            literals.append(value.strip("\"'"))
    literals += (name.lstrip("#.") for name in _NAME.findall(_ATTRIBUTE.sub(" ", selector)))
    return [(literal.lower(),) for literal in literals if _plain(literal)]


def _plain(literal: str) -> bool:
    """Whether markup spells it as it is: no character that HTML writes as a reference."""
    return len(literal) >= SHORTEST and literal.isascii() and not set(literal) & set("&<>\"'\n")
