"""What could stand at the cursor of a filter: fields and states in a word, real values after an operator."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.query.fields import ALIASES, FIELDS, STATE_ALIASES, STATES, Field, FieldType, field_named
from core.query.syntax import quoted

_AFTER_OPERATOR = re.compile(r'([A-Za-z][A-Za-z0-9_]*)(?::|!=|>=|<=|=|>|<)(?:[^\s(),"]*,)*("?)([^\s(),"]*)$')
_AT_WORD = re.compile(r"(?:^|[\s(-])([A-Za-z_][A-Za-z0-9_]*)?$")
_PLAIN = re.compile(r'[^\s(),"*?]+')
_SEVERITIES = ("info", "low", "medium", "high", "critical")
_NOT_YET = frozenset({"silenced"})  # the language knows it, and nothing can bring it about yet


@dataclass(frozen=True, slots=True)
class Completion:
    """Replace `start` to `end` of the text by `text`. `kind` is field, state or value; `count` is how many have it."""

    text: str
    start: int
    end: int
    kind: str
    count: int = 0


def complete(text: str, cursor: int, values: Callable[[str], Sequence[tuple[str, int]]]) -> list[Completion]:
    """What may be completed at the cursor, most useful first; `values(field)` gives the real values with counts."""
    typed = text[:cursor]
    after = _AFTER_OPERATOR.search(typed)
    if after is not None:
        start = cursor - len(after[2]) - len(after[3])
        return _values(after[1], after[3].lower(), start, cursor, values)
    word = _AT_WORD.search(typed)
    if word is None:
        return []
    prefix = (word[1] or "").lower()
    return [Completion(name, cursor - len(prefix), cursor, kind) for name, kind in _names() if name.startswith(prefix)]


def _names() -> list[tuple[str, str]]:
    fields = [(f"{name}:", "field") for name in sorted((*FIELDS, *ALIASES, "sort", "group"))]
    return fields + [(state, "state") for state in sorted({*STATES, *STATE_ALIASES} - _NOT_YET)]


def _values(
    name: str, prefix: str, start: int, end: int, values: Callable[[str], Sequence[tuple[str, int]]]
) -> list[Completion]:
    if name.lower() in ("sort", "group"):
        return [Completion(each, start, end, "field") for each in sorted(FIELDS) if each.startswith(prefix)]
    field = field_named(name)
    if field is None:
        return []
    counts = dict(values(field.name))
    for choice in _choices(field):
        if choice not in _NOT_YET:
            counts.setdefault(choice, 0)
    fitting = [(value, count) for value, count in counts.items() if value.lower().startswith(prefix)]
    fitting.sort(key=lambda each: (-each[1], each[0]))
    return [Completion(_written(value), start, end, "value", count) for value, count in fitting]


def _choices(field: Field) -> tuple[str, ...]:
    return _SEVERITIES if field.type is FieldType.SEVERITY else field.choices


def _written(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else quoted(value)
