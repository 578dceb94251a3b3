"""Filter to function: each expression becomes a closure over a record, so that thousands of records cost milliseconds.

An unknown value (absent or None) fits no comparison, not even `!=`; only `-term` and `field:never` are true of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt
from typing import Any, cast

from core.query.fields import FIELDS, SEARCHED, STATE_RANK, Field, FieldType, canonical_type, state_named
from core.query.measure import Bound, bounds, stored
from core.query.parse import parse
from core.query.patterns import Matches, fuzzy, glob, is_glob, regex
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
    Span,
    State,
    Value,
    Versioned,
    Word,
)
from core.query.versions import version_key, within

Record = Mapping[str, object]
Test = Callable[[Record], bool]
ValueTest = Callable[[Any], bool]
Interval = tuple[Bound | None, str, Bound | None, str]  # low, how to be above it, high, how to be below it

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_NUMBERS = (float, int)
_NEVER = Literal("never")


def compile_filter(query: Query | str, now: float) -> Test:
    """A test of records. `now` (epoch seconds) is what ages and relative times are counted from."""
    return compile_expression((parse(query) if isinstance(query, str) else query).expression, now)


def compile_expression(expression: Expression, now: float) -> Test:
    """A test of one part of a filter."""
    match expression:
        case Word(text):
            lowered = text.lower()
            return _searching(lambda value: lowered in value.lower())
        case Phrase(text):
            return _searching(lambda value: text in value)
        case Fuzzy() | Regex():
            matches = pattern_of(expression)
            return lambda record: matches(searched_lines(record))
        case State(state):
            return _state(state)
        case Comparison():
            return _comparison(expression, now)
        case Not(inner):
            test = compile_expression(inner, now)
            return lambda record: not test(record)
        case And(parts):
            return _all([compile_expression(part, now) for part in parts])
        case Or(parts):
            return _any([compile_expression(part, now) for part in parts])


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda record: first(record) and second(record)
    return lambda record: all(test(record) for test in tests)


def _any(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda record: first(record) or second(record)
    return lambda record: any(test(record) for test in tests)


def _searching(matches: Matches) -> Test:
    def found(record: Record) -> bool:
        for key in SEARCHED:
            value = record.get(key)
            if isinstance(value, str):
                if matches(value):
                    return True
            elif isinstance(value, (tuple, list)) and any(matches(each) for each in value if isinstance(each, str)):
                return True
        return False

    return found


def pattern_of(expression: Fuzzy | Regex) -> Matches:
    """Of lines of text, each of which is a text of its own."""
    return fuzzy(expression.text) if isinstance(expression, Fuzzy) else regex(expression.pattern, lines=True)


def searched_lines(record: Record) -> str:
    """All searched texts as lines: one call of RE2 over them costs less than a call each."""
    texts: list[str] = []
    for key in SEARCHED:
        value = record.get(key)
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, (tuple, list)):
            texts += [each for each in value if isinstance(each, str)]
    return "\n".join(texts)


def states(record: Record) -> tuple[str, ...]:
    """Every state a record is in: its own, `paused` or `stale` if marked so, a change type's last word (`….down`)."""
    found = [str(record[key]) for key in ("state", "status") if record.get(key) is not None]
    found += [name for name in ("paused", "stale") if record.get(name) is True]
    kind = record.get("type")
    if isinstance(kind, str):
        found.append(kind.rpartition(".")[2])
    return tuple(found)


def _state(state: str) -> Test:
    return lambda record: state in states(record)


def _comparison(node: Comparison, now: float) -> Test:
    field = FIELDS[node.field]
    negated = node.operator == "!="
    operator = "=" if negated else node.operator
    never = field.ranged and _NEVER in node.values
    tests = [value_test(field, operator, value, now) for value in node.values if not (field.ranged and value == _NEVER)]
    fits = tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)
    get = _getter(field, now)

    def matches(record: Record) -> bool:
        value = get(record)
        if value is None:
            return never and not negated
        hit = any(map(fits, value)) if isinstance(value, (tuple, list)) else fits(value)
        return hit is not negated

    return matches


def _getter(field: Field, now: float) -> Callable[[Record], object]:
    keys = field.record_keys
    if field.since:
        return lambda record: _elapsed(record.get(field.name), (record.get(key) for key in keys), now)
    if field.type is FieldType.STATE:
        return lambda record: states(record) or None
    if field.ranged:
        return _stored_getter(field, keys)
    if len(keys) == 1:
        only = keys[0]
        return lambda record: record.get(only)
    return lambda record: next((value for key in keys if (value := record.get(key)) is not None), None)


def _elapsed(given: object, moments: Iterable[object], now: float) -> float | None:
    if isinstance(given, (int, float)):
        return float(given)
    moment = next((each for each in moments if isinstance(each, (int, float)) and each), None)
    return None if moment is None else now - moment


def _stored_getter(field: Field, keys: tuple[str, ...]) -> Callable[[Record], object]:
    first, others = keys[0], keys[1:]

    def get(record: Record) -> object:
        value = record.get(first)
        if type(value) in _NUMBERS and value:
            return value
        return _first_stored(field, (value, *(record.get(key) for key in others)))

    return get


def _first_stored(field: Field, values: Iterable[object]) -> object:
    value = next((each for each in values if each is not None), None)
    if isinstance(value, (tuple, list)):
        return tuple(number for each in value if (number := stored(field, each)) is not None) or None
    return stored(field, value)


def value_test(field: Field, operator: str, value: Value, now: float) -> ValueTest:
    """Whether one value of a record fits one value of a comparison."""
    if field.ranged:
        return _range_test(field, operator, value, now)
    if field.type is FieldType.TECH:
        return _technology_test(operator, value)
    matches = _text_test(field, operator, cast(Literal, value))
    return lambda found: matches(found if isinstance(found, str) else str(found))


def _range_test(field: Field, operator: str, value: Value, now: float) -> ValueTest:
    low, above, high, below = interval(field, operator, value, now)
    over, under = _COMPARE[above], _COMPARE[below]
    if high is None:
        return lambda found: over(found, low)
    if low is None:
        return lambda found: under(found, high)
    return lambda found: over(found, low) and under(found, high)


def interval(field: Field, operator: str, value: Value, now: float) -> Interval:
    """From where to where values fit; None where there is no edge."""
    if isinstance(value, Span):
        return _interval_of(field, value, now)
    start, end, open_ended = bounds(field, cast(Literal, value).text, now)
    if operator in (">", "<="):  # a day or a minute: after it starts at its end, up to it stops before its end
        if open_ended:
            return (end, ">=", None, "<") if operator == ">" else (None, ">=", end, "<")
        return (start, ">", None, "<") if operator == ">" else (None, ">", start, "<=")
    if operator in (">=", "<"):
        return (start, ">=", None, "<") if operator == ">=" else (None, ">=", start, "<")
    if field.type is FieldType.TIME and not open_ended:
        return start, ">=", now, "<="
    return start, ">=", end, "<" if open_ended else "<="


def _interval_of(field: Field, span: Span, now: float) -> Interval:
    """Both ends belong to it; the order they are written in does not matter."""
    ends: list[Any] = [bounds(field, end.text, now) if end else None for end in (span.low, span.high)]
    low, high = sorted(ends) if None not in ends else ends
    below = "<" if high and high[2] else "<="
    return low[0] if low else None, ">=", high[1] if high else None, below


def _text_test(field: Field, operator: str, literal: Literal) -> Matches:
    text = literal.text.lower()
    if field.type is FieldType.TYPE:
        text = canonical_type(text)
    elif field.type is FieldType.STATE:
        text = state_named(text) or text
    if operator == "~":
        return regex(literal.text)
    if operator == "=" or not text:
        return lambda found: found.lower() == text
    if is_glob(text) and not literal.exact:
        return glob(text)
    if field.type in (FieldType.WORD, FieldType.STATE):
        return lambda found: found.lower() == text
    return lambda found: text in found.lower()


def _technology_test(operator: str, value: Value) -> ValueTest:
    name = value.name if isinstance(value, Versioned) else cast(Literal, value)
    lowered = name.text.lower()
    if operator == "~":
        named: Matches = regex(name.text)
    elif operator == ":" and is_glob(lowered) and not name.exact:
        named = glob(lowered)
    else:
        named = lambda found: found.lower() == lowered  # noqa: E731
    if not isinstance(value, Versioned):
        return lambda found: named(_name_and_version(found)[0])
    fits = _version_test(value.operator, value.version)

    def matches(found: object) -> bool:
        known, version = _name_and_version(found)
        return bool(version) and named(known) and fits(version)

    return matches


def _name_and_version(found: object) -> tuple[str, str]:
    if isinstance(found, (tuple, list)) and len(found) == 2:
        return str(found[0]), str(found[1] or "")
    return str(found), ""


def _version_test(operator: str, version: str) -> Matches:
    if is_glob(version):
        return glob(version)
    if not operator:
        return lambda found: within(found, version)
    wanted = version_key(version)
    if operator == "=":
        return lambda found: version_key(found) == wanted
    compare = _COMPARE[operator]
    return lambda found: compare(version_key(found), wanted)


def sort_records(query: Query, records: Iterable[Record], now: float = 0.0) -> list[Record]:
    """The records in the query's order (worst-first where it says `sort:state-`); unknown values come last."""
    ordered = list(records)
    for key in reversed(query.sort):
        rank = ranking(FIELDS[key.field], now)
        ranked = [(rank(record), record) for record in ordered]
        known = [each for each in ranked if each[0] is not None]
        known.sort(key=lambda each: cast(Any, each[0]), reverse=key.descending)
        ordered = [record for _, record in known] + [record for value, record in ranked if value is None]
    return ordered


def ranking(field: Field, now: float) -> Callable[[Record], object]:
    """What records are ordered by when they are ordered by a field: None where it is unknown, which comes last."""
    if field.type is FieldType.STATE:
        return lambda record: max((STATE_RANK.get(each, -1) for each in states(record)), default=None)
    get = _getter(field, now)

    def rank(record: Record) -> object:
        value = get(record)
        if value is None or field.ranged:
            return max(value) if isinstance(value, (tuple, list)) else value
        parts = value if isinstance(value, (tuple, list)) else (value,)
        return tuple(
            " ".join(map(str, each)).lower() if isinstance(each, tuple) else str(each).lower() for each in parts
        )

    return rank
