"""Rows and columns: what fits a width, and counting what is new."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.widgets.stage import COLUMNS, sites
from tui.widgets.rows import Cell, Column, OrderedRows, count_new, placed, shown_columns


class Listed:
    """Rows of another make than OrderedRows."""

    def __init__(self, identities: Sequence[int]) -> None:
        self._identities = list(identities)

    def count(self) -> int:
        return len(self._identities)

    def identity(self, index: int) -> Hashable:
        return self._identities[index]

    def cells(self, index: int) -> Sequence[Cell]:
        return (Cell(str(self._identities[index])),)

    def index_of(self, identity: Hashable) -> int | None:
        return self._identities.index(identity) if identity in self._identities else None  # type: ignore[arg-type]


widths = st.lists(st.integers(1, 40), min_size=1, max_size=12)


@given(widths, st.data(), st.integers(1, 200))
def test_columns_that_are_shown_fit_and_none_left_out_is_worth_more(
    sizes: list[int], data: st.DataObject, width: int
) -> None:
    columns = [Column(str(at), "", size, priority=data.draw(st.integers(0, 5))) for at, size in enumerate(sizes)]
    kept = shown_columns(columns, width)
    places = placed(columns, kept, width)
    assert list(kept) == sorted(kept)
    assert places[-1].start + places[-1].width <= width or len(kept) == 1
    out = [columns[at].priority for at in range(len(columns)) if at not in kept]
    assert max(out, default=0) <= min([columns[at].priority for at in kept])


def test_columns_that_grow_take_the_cells_left_over() -> None:
    places = placed(COLUMNS, shown_columns(COLUMNS, 100), 100)
    assert places[-1].start + places[-1].width == 100
    assert [each.width for each in places] == [2, 75, 7, 6, 6]


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_new_rows_are_counted_alike_for_every_kind_of_rows(fresh: list[int], shown: list[int]) -> None:
    wanted = len(set(fresh) - set(shown))
    assert count_new(sites(*fresh), sites(*shown)) == wanted
    assert count_new(Listed(fresh), sites(*shown)) == wanted
    assert count_new(sites(*fresh), Listed(shown)) == wanted


def test_cells_are_asked_for_only_when_they_are_shown() -> None:
    asked: list[Hashable] = []

    def cells(identity: Hashable) -> Sequence[Cell]:
        asked.append(identity)
        return ()

    rows = OrderedRows(range(100), cells)
    assert (rows.count(), rows.identity(7), rows.index_of(9), rows.index_of("no")) == (100, 7, 9, None)
    assert asked == []
    assert rows.cells(3) == ()
    assert asked == [3]


@pytest.mark.parametrize("width", [0, 1, 5])
def test_even_no_room_leaves_the_most_important_column(width: int) -> None:
    assert shown_columns(COLUMNS, width) == (1,)
