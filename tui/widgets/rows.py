"""What a table shows: cells, columns that fit a width, and rows in an order that stands still."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol
from weakref import ref

from tui.widgets.cut import Align

GAP = 1
NEAR, FEW = 200, 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, the role that colours it, and its side where that is not the column's."""

    text: str
    role: str = ""
    align: Literal["", "left", "right", "center"] = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `width` cells.

    Narrow tables leave out the lowest `priority` first; `grow` is its share of cells left over. `field` is the field of
    the filter language that asks for what stands there; without it, the field of its key, if there is one.
    """

    key: str
    heading: str
    width: int
    align: Align = "left"
    priority: int = 0
    grow: int = 0
    sortable: bool = True
    field: str = ""


class Rows(Protocol):
    """Rows in one order. The order of a value never changes, a new one is another value; its cells may change."""

    def count(self) -> int: ...

    def identity(self, index: int) -> Hashable: ...

    def cells(self, index: int) -> Sequence[Cell]:
        """One cell a column, in the columns' order."""
        ...

    def index_of(self, identity: Hashable) -> int | None: ...


class OrderedRows:
    """Rows from identities in their order; the cells of one are asked for only when it is on the screen."""

    def __init__(self, order: Sequence[Hashable], cells: Callable[[Hashable], Sequence[Cell]]) -> None:
        self.order = order
        self._cells = cells
        self._found = 0  # where the row was that was looked for last: it is looked for again, or its neighbour
        self._searched = 0
        self._base: Callable[[], OrderedRows | None] = _nowhere
        self._came: frozenset[Hashable] = frozenset()
        self._left: frozenset[Hashable] = frozenset()

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        return dict(zip(self.order, range(len(self.order)), strict=True))

    def followed_by(
        self, order: Sequence[Hashable], came: Set[Hashable], left: Set[Hashable], shown: Rows
    ) -> OrderedRows:
        """The rows that come next; `shown` are those on the screen, which may have come before these."""
        made = OrderedRows(order, self._cells)
        made._found = self._found
        if shown is self:
            made._base, made._came, made._left = ref(self), frozenset(came), frozenset(left)
        elif self._base() is shown:
            made._base = self._base
            made._came = (self._came | (came - self._left)) - left
            made._left = (self._left | (left - self._came)) - came
        return made

    def count(self) -> int:
        return len(self.order)

    def identity(self, index: int) -> Hashable:
        return self.order[index]

    def cells(self, index: int) -> Sequence[Cell]:
        return self._cells(self.order[index])

    def cells_of(self, identity: Hashable) -> Sequence[Cell]:
        """The cells of a row that may have another place here."""
        return self._cells(identity)

    def index_of(self, identity: Hashable) -> int | None:
        """Near where one was found last at once; a few in all by looking through, since places for all take 10 ms."""
        low, high = max(self._found - NEAR, 0), self._found + NEAR
        near = self.order[low:high]
        if identity in near:
            self._found = low + near.index(identity)
            return self._found
        if self._searched >= FEW:
            return self._places.get(identity)
        self._searched += 1
        try:
            self._found = self.order.index(identity)
        except ValueError:
            return None
        return self._found

    def missing_from(self, other: OrderedRows) -> int:
        """How many of these rows the other does not have; as sets, since a hundred thousand look-ups take 40 ms."""
        if self._base() is other:
            return len(self._came)
        return len(self._places.keys() - other._places.keys())


def _nowhere() -> None:
    """Rows that follow no others."""


def count_new(rows: Rows, shown: Rows) -> int:
    """How many of the rows are not among those shown."""
    if isinstance(rows, OrderedRows) and isinstance(shown, OrderedRows):
        return rows.missing_from(shown)
    return sum(shown.index_of(rows.identity(index)) is None for index in range(rows.count()))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one column stands on a line: which column, from which cell, how many cells."""

    column: int
    start: int
    width: int


def shown_columns(columns: Sequence[Column], width: int) -> tuple[int, ...]:
    """Indices of the columns that fit into `width` cells; at least the most important one."""
    kept = list(range(len(columns)))
    by_worth = sorted(kept, key=lambda index: (columns[index].priority, -index))
    for index in by_worth[:-1]:
        if _needed(columns, kept) <= width:
            break
        kept.remove(index)
    return tuple(kept)


def placed(columns: Sequence[Column], kept: Sequence[int], width: int) -> tuple[Place, ...]:
    """The places of the columns `kept` on a line of `width` cells, left-over cells given to those that grow."""
    spare = width - _needed(columns, kept)
    shares = sum(columns[index].grow for index in kept)
    places: list[Place] = []
    start = 0
    for index in kept:
        column = columns[index]
        extra = spare * column.grow // shares if shares and spare > 0 else 0
        size = max(min(column.width + extra, width - start), 0)
        places.append(Place(index, start, size))
        start += size + GAP
    return tuple(places)


def widened(columns: Sequence[Column], widths: Mapping[int, int], at: int | None, width: int) -> tuple[Place, ...]:
    """Whole columns, the most important one first and always there, then the others from where column `at` fits."""
    fixed = max(widths, key=lambda index: columns[index].priority)
    others = [index for index in widths if index != fixed]
    room = width - widths[fixed] - GAP
    first, last = 0, others.index(at) if at in others else 0
    while first < last and sum(widths[each] + GAP for each in others[first : last + 1]) > room:
        first += 1
    places: list[Place] = []
    start = 0
    for index in (fixed, *others[first:]):
        if start >= width:
            break
        places.append(Place(index, start, min(widths[index], width - start)))
        start += widths[index] + GAP
    return tuple(places)


def _needed(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[index].width for index in kept) + GAP * max(len(kept) - 1, 0)
