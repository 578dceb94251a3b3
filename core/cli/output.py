"""What commands print: tables for people, JSON and CSV for programs, progress for those who wait.

Everything foreign was sanitised when it was stored; it is sanitised again here, because this is a sink.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from wcwidth import wcswidth, wcwidth

from core.contract import csv_text
from core.text import safe

Record = Mapping[str, Any]


NARROWEST = 10


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how a record fills it, and how wide it may get (0: as wide as needed).

    Where a terminal has no room for all, columns with `at_most` are cut, and those with a `rank` left out, the highest
    first.
    """

    heading: str
    cell: Callable[[Record], object]
    at_most: int = 0
    right: bool = False
    rank: int = 0


def output_option(*, csv_too: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`-o table|json` (and csv for lists)."""
    choices = ["table", "json", "csv"] if csv_too else ["table", "json"]
    return click.option(
        "-o", "--output", type=click.Choice(choices), default="table", show_default=True, help="How to print."
    )


def say(text: str) -> None:
    """A line on standard output, every control character in it made visible."""
    click.echo(safe(text, 20_000, keep_newlines=True))


def note(text: str) -> None:
    """A line for the person on standard error."""
    click.echo(safe(text, 20_000, keep_newlines=True), err=True)


def say_json(value: object) -> None:
    """A JSON document; ASCII only, so no terminal can be moved by it."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def say_list(items: Sequence[Record], columns: Sequence[Column], output: str, shown: Sequence[Record]) -> None:
    """A list in the asked-for form: `items` are its JSON, `shown` the records its table is made from."""
    if output == "json":
        say_json({"schema": 1, "items": list(items)})
    elif output == "csv":
        click.echo(csv_text(items), nl=False)
    else:
        click.echo(table(shown, columns))


def table(records: Sequence[Record], columns: Sequence[Column], room: int | None = None) -> str:
    """Aligned columns, fitted to `room` cells, which is the terminal's width where there is one (0: no limit)."""
    room = _room() if room is None else room
    rows = [[column.heading for column in columns]]
    rows += [[_cell(column, record) for column in columns] for record in records]
    widths = [max(_width(row[at]) for row in rows) for at in range(len(columns))]
    shown, widths = _fitted(widths, columns, room) if room and records else (range(len(columns)), widths)
    lines = [_line([_cut(row[at], widths[at]) for at in shown], shown, widths, columns) for row in rows]
    if not records:
        lines.append("(none)")
    return "\n".join(_cut(line, room).rstrip() for line in lines)


def _fitted(widths: Sequence[int], columns: Sequence[Column], room: int) -> tuple[Sequence[int], list[int]]:
    """Which columns are shown, and how wide: those of the highest rank go first, then the widest are cut."""
    narrow = [min(width, NARROWEST) if column.at_most else width for width, column in zip(widths, columns, strict=True)]
    shown = [at for at in range(len(columns)) if columns[at].rank < 1]
    for at in sorted(set(range(len(columns))) - set(shown), key=lambda each: columns[each].rank):
        if sum(narrow[each] + 2 for each in (*shown, at)) - 2 <= room:
            shown.append(at)
    shown.sort()
    fitted = list(widths)
    flexible = [at for at in shown if columns[at].at_most]
    while flexible and sum(fitted[at] + 2 for at in shown) - 2 > room:
        widest = max(flexible, key=lambda at: fitted[at])
        if fitted[widest] <= narrow[widest]:
            break
        fitted[widest] -= 1
    return shown, fitted


def _cell(column: Column, record: Record) -> str:
    value = column.cell(record)
    text = "–" if value is None or value == "" else safe(str(value), 400)
    return _cut(text, column.at_most) if column.at_most else text


def _line(cells: Sequence[str], shown: Sequence[int], widths: Sequence[int], columns: Sequence[Column]) -> str:
    padded = []
    for cell, at in zip(cells, shown, strict=True):
        space = " " * (widths[at] - _width(cell))
        padded.append(space + cell if columns[at].right else cell + space)
    return "  ".join(padded)


def _width(text: str) -> int:
    return max(wcswidth(text), 0)


def _cut(text: str, room: int) -> str:
    if room <= 0 or _width(text) <= room:
        return text
    kept, used = [], 0
    for character in text:
        used += max(wcwidth(character), 0)
        if used > room - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _room() -> int:
    """The terminal's width; no limit where the output goes to a file or a pipe."""
    if not sys.stdout.isatty():
        return 0
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return 80


class Progress:
    """A counter line on standard error while something long runs; silent unless that is a terminal."""

    def __init__(self, what: str, total: int) -> None:
        self._what = safe(what, 60)
        self._total = total
        self._shown = sys.stderr.isatty()

    def at(self, done: int) -> None:
        if self._shown:
            click.echo(f"\r{self._what} {done}/{self._total} ", nl=False, err=True)

    def end(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
