"""A report as values: sections of figures and tables, and the material it is made from.

What every format writes is decided here once, as text; the formats only escape. What is not known says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.model.alert import Alert, Delivery
from core.model.change import Change

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Material:
    """What was observed from `since` until before `until`, epoch seconds.

    `targets` are the records of Reader.targets. Changes, alerts and deliveries may reach beyond the period: a report
    takes what it needs.
    """

    since: float
    until: float
    targets: Sequence[Mapping[str, object]] = ()
    changes: Sequence[Change] = ()
    alerts: Sequence[Alert] = ()
    deliveries: Sequence[Delivery] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name: `value` as people read it, `number` (in `unit`) for machines, None where unknown."""

    label: str
    value: str
    number: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under `columns`; `note` says what was left out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """`name` is what it is asked for by (`daily`). Moments are epoch seconds."""

    name: str
    title: str
    since: float
    until: float
    made_at: float
    sections: tuple[Section, ...]


def count(label: str, number: int) -> Figure:
    """A figure that counts."""
    return Figure(label, f"{number:,}", float(number))


def measured(label: str, number: float | None, value: str, unit: str = "") -> Figure:
    """A figure that may be unknown; `value` is how the number reads."""
    return Figure(label, UNKNOWN if number is None else value, number, unit)


def shortened(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], most: int) -> tuple[Table, ...]:
    """A table of the first `most` rows, with a note where there are more; none where there are no rows."""
    if not rows:
        return ()
    note = f"{most} of {len(rows):,}" if len(rows) > most else ""
    return (Table(title, columns, tuple(rows[:most]), note),)
