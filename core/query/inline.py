"""Filter to one Python expression over a target's record: a hundred thousand of them are tested while somebody types.

What it answers is what core.query.compile answers; wherever a value is none of the usual, that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from core.model.record import ATTRIBUTES, TargetRecord
from core.query.compile import (
    Test,
    compile_expression,
    interval,
    pattern_of,
    value_test,
)
from core.query.fields import FIELDS, Field, FieldType
from core.query.syntax import (
    And,
    Comparison,
    Expression,
    Fuzzy,
    Literal,
    Not,
    Or,
    Phrase,
    Query,
    Regex,
    State,
    Word,
)

TargetTest = Callable[[TargetRecord], bool]

_FEW = frozenset({"kind", "class", "owner", "profile", "origin", "tags", "sec", "tech"})  # so many targets, few values
_STATES = ("state", "status", "paused")
_COMPUTED = frozenset({FieldType.GRADE, FieldType.SEVERITY, FieldType.VERSION})
_TEXTS = "(record.searched or keep(record))"
_NEVER = Literal("never")


def compile_target_filter(query: Query, now: float) -> TargetTest:
    """The same test as `compile_filter`'s, five to fifty times as fast, of targets' records only."""
    writing = _Writing(now)
    text = writing.text(query.expression)
    code = compile(f"def test(record):\n    return {text}", "<filter>", "exec")
    exec(code, writing.names)  # noqa: S102 - names of our own and Python's operators are all that stands there
    return cast(TargetTest, writing.names["test"])


def _keep(record: TargetRecord) -> str:
    """What `searched_lines` says, read in a tenth of the time."""
    record.searched = "\n".join((record.name, record.title, record.url, *record.tags))
    return record.searched


class _Answers(dict[Any, bool]):
    """What a test says of each value, asked once."""

    def __init__(self, test: Test, keys: Sequence[str]) -> None:
        super().__init__()
        self._test = test
        self._keys = keys

    def __missing__(self, value: Any) -> bool:
        values = value if len(self._keys) > 1 else (value,)
        answer = self[value] = self._test(dict(zip(self._keys, values, strict=True)))
        return answer


class _Writing:
    """Writes expressions about `record`, and keeps what they name."""

    def __init__(self, now: float) -> None:
        self.names: dict[str, Any] = {"keep": _keep}
        self._now = now

    def _named(self, value: object) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def text(self, expression: Expression) -> str:
        match expression:
            case Word(text):
                return f"{self._named(text.lower())} in {_TEXTS}.lower()"
            case Phrase(text) if text and "\n" not in text:
                return f"{self._named(text)} in {_TEXTS}"
            case Fuzzy() | Regex():
                return f"{self._named(pattern_of(expression))}({_TEXTS})"
            case State(state):
                name = self._named(state)
                paused = " or record.paused is True" if state == "paused" else ""
                return f"(record.state == {name} or record.status == {name}{paused})"
            case Comparison():
                return self._comparison(expression)
            case Not(inner):
                return f"(not {self.text(inner)})"
            case And(parts):
                return f"({' and '.join(map(self.text, parts)) or True})"
            case Or(parts):
                return f"({' or '.join(map(self.text, parts))})"
        return self._otherwise(expression)

    def _otherwise(self, expression: Expression) -> str:
        return f"{self._named(compile_expression(expression, self._now))}(record)"

    def _comparison(self, node: Comparison) -> str:
        field = FIELDS[node.field]
        keys = [each for each in field.record_keys if each in ATTRIBUTES]
        if field.type is FieldType.STATE:
            return self._answers(node, _STATES)
        if not keys and field.name not in ATTRIBUTES:
            return str(node.operator != "!=" and field.ranged and _NEVER in node.values)
        if len(keys) != 1 or (field.since and field.name in ATTRIBUTES):
            return self._otherwise(node)
        if keys[0] in _FEW:
            return self._answers(node, keys)
        if field.type in _COMPUTED:
            return self._otherwise(node)
        return self._number(node, field, keys[0]) if field.ranged else self._word(node, field, keys[0])

    def _answers(self, node: Comparison, keys: Sequence[str]) -> str:
        answers = self._named(_Answers(compile_expression(node, self._now), keys))
        return f"{answers}[{', '.join(f'record.{ATTRIBUTES[each]}' for each in keys)}]"

    def _number(self, node: Comparison, field: Field, key: str) -> str:
        negated = node.operator == "!="
        never = str(_NEVER in node.values and not negated)
        spans = [self._within(field, "=" if negated else node.operator, each) for each in node.values if each != _NEVER]
        fits = f"({' or '.join(spans) or False})"
        is_number = "(type(v) is float or type(v) is int)"
        if field.since:
            is_number += f" and v and ((v := {self._named(self._now)} - v) is not None)"
        elif field.type is FieldType.TIME:
            is_number += " and v"
        usual = f"(not {fits})" if negated else fits
        otherwise = f"{usual} if {is_number} else {self._otherwise(node)}"
        return f"({never} if (v := record.{ATTRIBUTES[key]}) is None else {otherwise})"

    def _within(self, field: Field, operator: str, value: Any) -> str:
        low, above, high, below = interval(field, operator, value, self._now)
        sides = [f"v {sign} {self._named(edge)}" for sign, edge in ((above, low), (below, high)) if edge is not None]
        return f"({' and '.join(sides)})"

    def _word(self, node: Comparison, field: Field, key: str) -> str:
        negated = node.operator == "!="
        tests = [
            f"{self._named(value_test(field, '=' if negated else node.operator, each, self._now))}(v)"
            for each in node.values
        ]
        fits = f"({' or '.join(tests)})"
        usual = f"(not {fits})" if negated else fits
        return f"({usual} if type(v := record.{ATTRIBUTES[key]}) is str else {self._otherwise(node)})"
