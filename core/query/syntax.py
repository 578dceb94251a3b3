"""What a filter says, as values: the expression tree, the sort keys, and how they are written down again.

Values keep the text they were written with; `str()` of any expression parses to an equal expression.
"""

from __future__ import annotations

from dataclasses import dataclass


def quoted(text: str) -> str:
    """The text as a quoted string of the language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Literal:
    """One value as written; `exact` when it stood in quotes, so that `*` and `never` are plain text."""

    text: str
    exact: bool = False

    def __str__(self) -> str:
        return quoted(self.text) if self.exact else self.text


@dataclass(frozen=True, slots=True)
class Span:
    """`a..b`, both ends included; an end of None is open."""

    low: Literal | None
    high: Literal | None

    def __str__(self) -> str:
        return f"{self.low or ''}..{self.high or ''}"


@dataclass(frozen=True, slots=True)
class Versioned:
    """`nginx@<1.27.1`. `operator` is empty, =, >, >=, < or <=."""

    name: Literal
    operator: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.operator}{self.version}"


Value = Literal | Span | Versioned


@dataclass(frozen=True, slots=True)
class Word:
    """Case-insensitive substring over what a record is called and what happened to it."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Substring to the letter, spaces included."""

    text: str

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """The letters in this order with small gaps: `~shpeu` finds shop-eu."""

    text: str

    def __str__(self) -> str:
        return f"~{self.text}"


@dataclass(frozen=True, slots=True)
class Regex:
    """RE2 search, ignoring case unless it says `(?-i)`."""

    pattern: str

    def __str__(self) -> str:
        return "/" + self.pattern.replace("/", "\\/") + "/"


@dataclass(frozen=True, slots=True)
class State:
    """A bare state: `down`, `firing`, `stale`."""

    state: str

    def __str__(self) -> str:
        return self.state


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value,value…`: true when any of the values fits (for `!=`: when none does)."""

    field: str
    operator: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        if self.operator == "~":
            return f"{self.field}~{quoted(str(self.values[0]))}"
        return f"{self.field}{self.operator}{','.join(map(str, self.values))}"


@dataclass(frozen=True, slots=True)
class Not:
    """Everything that the inner expression does not match, missing values included."""

    inner: Expression

    def __str__(self) -> str:
        return f"-{_grouped(self.inner)}"


@dataclass(frozen=True, slots=True)
class And:
    """All parts match; without parts, everything does."""

    parts: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(_grouped, self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


Expression = Word | Phrase | Fuzzy | Regex | State | Comparison | Not | And | Or
EVERYTHING = And()


def _grouped(expression: Expression) -> str:
    return f"({expression})" if isinstance(expression, (And, Or)) else str(expression)


@dataclass(frozen=True, slots=True)
class SortKey:
    """Order by a field; missing values come last either way."""

    field: str
    descending: bool = False

    def __str__(self) -> str:
        return f"sort:{self.field}{'-' if self.descending else ''}"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole filter: what matches, in which order, grouped by which field. `text` is what was typed."""

    expression: Expression
    sort: tuple[SortKey, ...] = ()
    group: str | None = None
    text: str = ""

    def __str__(self) -> str:
        group = f"group:{self.group}" if self.group else ""
        return " ".join(filter(None, (str(self.expression), *map(str, self.sort), group)))
