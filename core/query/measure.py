"""Values as people write them - 400ms, 2MB, 99.9%, 14d, today, -1h - turned into the numbers that records hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import inf

from core.model.change import severity
from core.query.fields import GRADE_RANK, Field, FieldType
from core.query.versions import version_key

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")
_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})([a-zµ]+)")
_SECONDS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES = {
    "b": 1, "k": 10**3, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_DAY = 86400.0

EXAMPLES = {
    FieldType.NUMBER: "a number such as 3",
    FieldType.DURATION: "a duration such as 400ms, 1.2s, 3d",
    FieldType.SIZE: "a size such as 200kB, 2MB, 1MiB",
    FieldType.PERCENT: "a share such as .9 or 90%",
    FieldType.SEVERITY: "a severity: info, low, medium, high, critical",
    FieldType.GRADE: "a grade from A+ to F",
    FieldType.TIME: "a time such as -1h, today, 2026-11-22, 2026-11-22T14:00Z",
    FieldType.VERSION: "a version such as 1.27.1",
}


class UnreadableError(ValueError):
    """A value that is not of its field's type; the message says what was expected instead."""


Bound = float | tuple[tuple[int, int, str], ...]


def bounds(field: Field, text: str, now: float) -> tuple[Bound, Bound, bool]:
    """The first and last stored value that a written one covers, and whether the last itself is outside.

    A plain number covers itself; a date covers its day. UnreadableError when the text is not of the field's type.
    """
    if field.type is FieldType.TIME:
        start, end = _moment(text, now)
        return start, end, end > start
    if field.type is FieldType.VERSION:
        return version_key(text), version_key(text), False
    value = _number(field, text)
    return value, value, False


def _number(field: Field, text: str) -> float:
    match field.type:
        case FieldType.DURATION:
            return duration(text, field.unit)
        case FieldType.SIZE:
            return _size(text)
        case FieldType.PERCENT:
            return _plain(text.removesuffix("%")) / 100 * field.unit if text.endswith("%") else _plain(text)
        case FieldType.SEVERITY:
            return _severity(text)
        case FieldType.GRADE:
            return _grade(text)
        case _:
            return _plain(text)


def duration(text: str, unit: float) -> float:
    """`1m30s` in units of `unit` seconds; a bare number counts in that unit already."""
    if _NUMBER.fullmatch(text):
        return float(text)
    sign, body = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    amounts = _AMOUNT.findall(body.lower())
    if not amounts or "".join(map("".join, amounts)) != body.lower() or any(u not in _SECONDS for _, u in amounts):
        raise UnreadableError(f"'{text}' is not {EXAMPLES[FieldType.DURATION]}")
    return sign * sum(float(amount) * _SECONDS[name] for amount, name in amounts) / unit


def _size(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    amount = _AMOUNT.fullmatch(text.lower())
    if amount is None or amount[2] not in _BYTES:
        raise UnreadableError(f"'{text}' is not {EXAMPLES[FieldType.SIZE]}")
    return float(amount[1]) * _BYTES[amount[2]]


def _plain(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise UnreadableError(f"'{text}' is not {EXAMPLES[FieldType.NUMBER]}")
    return float(text)


def _severity(text: str) -> float:
    try:
        return float(severity(text))
    except ValueError:
        raise UnreadableError(f"'{text}' is not {EXAMPLES[FieldType.SEVERITY]}") from None


def _grade(text: str) -> float:
    if text.upper() not in GRADE_RANK:
        raise UnreadableError(f"'{text}' is not {EXAMPLES[FieldType.GRADE]}")
    return float(GRADE_RANK[text.upper()])


def _moment(text: str, now: float) -> tuple[float, float]:
    """Start and end in epoch seconds: of the day for a date, of the minute for a time of day, else one instant."""
    lowered = text.lower()
    midnight = now - now % _DAY
    if lowered == "now":
        return now, now
    if lowered in ("today", "yesterday"):
        start = midnight if lowered == "today" else midnight - _DAY
        return start, start + _DAY
    if text.startswith("-"):
        then = now + duration(text, 1.0)
        return then, then
    return _calendar(text)


def _calendar(text: str) -> tuple[float, float]:
    try:
        if len(text) == len("2026-11-22"):
            day = date.fromisoformat(text)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
            return start, start + _DAY
        moment = datetime.fromisoformat(text)
        start = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return start, start + (60.0 if len(text.rstrip("Z")) == len("2026-11-22T14:00") else 0.0)
    except (ValueError, OverflowError):
        raise UnreadableError(f"'{text}' is not {EXAMPLES[FieldType.TIME]}") from None


def stored(field: Field, value: object) -> Bound | None:
    """A record's value as the number (or version key) that `bounds` compares with; None when it is unknown."""
    match field.type:
        case FieldType.SEVERITY if isinstance(value, str):
            return _known(_severity, value)
        case FieldType.GRADE if isinstance(value, str):
            return GRADE_RANK.get(value.upper())
        case FieldType.VERSION if isinstance(value, str):
            return version_key(value) if value else None
        case FieldType.TIME if value == 0:
            return None
    return float(value) if isinstance(value, (int, float)) and abs(value) != inf else None


def _known(read: Callable[[str], float], value: str) -> float | None:
    try:
        return read(value)
    except UnreadableError:
        return None
