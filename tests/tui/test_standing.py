"""Rows that are put where they belong one by one stand as if all had been sorted and filtered anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sift import at_once, while_wanted
from tui.standing import RUN, Moved, Ordering, Standing, ordered, packed, passing, restood
from tui.widgets.rows import Cell, OrderedRows, count_new

Record = tuple[str, str | None, float | None]
RECORDS = st.tuples(
    st.sampled_from("abcABC"), st.none() | st.sampled_from("xyz"), st.none() | st.sampled_from([0.0, 1.5, -2.0, 7.0])
)
FLEETS = st.dictionaries(st.integers(1, 40), RECORDS, max_size=25)
RANKS: list[Callable[[Record], Any]] = [lambda record: record[1], lambda record: record[2]]
ORDERS = st.lists(st.tuples(st.sampled_from(RANKS), st.booleans()), max_size=2).map(tuple)
TESTS: list[Callable[[Record], bool] | None] = [None, lambda record: record[2] is not None, lambda record: False]


def own(record: Record) -> str:
    return record[0].lower()


def anew(records: Mapping[Any, Any], ordering: Ordering, test: Callable[[Record], bool] | None) -> Standing:
    """As a list is built that nothing is known of."""
    whole = Standing(at_once(ordered(packed(sorted(records)), records, ordering.own, False)).order)
    for rank, descending in reversed(ordering.ranks):
        whole = at_once(ordered(whole.order, records, rank, descending))
    return whole if test is None else at_once(passing(whole, records, test))


@given(FLEETS, FLEETS, st.sets(st.integers(1, 40)), ORDERS, st.sampled_from(TESTS))
def test_what_moved_stands_where_sorting_everything_puts_it(
    before: dict[int, Record],
    changed: dict[int, Record],
    gone: set[int],
    order: tuple[tuple[Callable[[Record], Any], bool], ...],
    test: Callable[[Record], bool] | None,
) -> None:
    ordering, known = Ordering(order, own), dict[Any, Any](before)
    then: dict[Any, Any] = {**changed, **dict.fromkeys(gone)}
    after = {each: record for each, record in {**before, **then}.items() if record is not None}
    was = anew(before, ordering, test)
    now = restood(was, known, ordering, Moved({each: known.get(each) for each in then}, then), test)
    assert list(now.standing.order) == list(anew(after, ordering, test).order)
    assert now.came == set(now.standing.order) - set(was.order)
    assert now.left == set(was.order) - set(now.standing.order)
    if was.levels:
        assert list(now.standing.levels) == [ordering.level(after[each]) for each in now.standing.order]


def test_what_stays_in_its_place_makes_no_new_order() -> None:
    records: dict[Any, Any] = {1: ("a", "x", 1.0), 2: ("b", "y", 2.0)}
    moved = Moved({2: records[2]}, {2: ("B", "y", 9.0)})
    standing = Standing((1, 2))
    assert restood(standing, records, Ordering(((RANKS[0], True),), own), moved).standing is standing


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("count", [0, 1, RUN, 3 * RUN + 7])
def test_runs_that_are_sorted_apart_and_put_together_are_one_stable_order(count: int, descending: bool) -> None:
    chance = random.Random(count)
    records: dict[Any, Any] = {each: (chance.choice([0, 1, 2, 3, None]),) for each in range(count, 0, -1)}
    known = [each for each in records if records[each][0] is not None]
    expected = sorted(known, key=lambda each: records[each][0], reverse=descending)
    expected += [each for each in records if records[each][0] is None]
    assert list(at_once(ordered(packed(records), records, lambda record: record[0], descending)).order) == expected


def test_a_sift_that_nobody_wants_any_more_ends_at_its_next_step() -> None:
    records = dict.fromkeys(range(50_000), True)
    wanted = iter([True, True, False])
    whole = Standing(packed(records))
    assert at_once(while_wanted(passing(whole, records, bool), lambda: next(wanted))) is None
    assert at_once(while_wanted(passing(whole, records, bool), lambda: True)) == whole


@given(st.lists(st.tuples(st.sets(st.integers(0, 9)), st.booleans()), min_size=1, max_size=6))
def test_rows_that_follow_know_how_many_are_new_to_those_on_the_screen(steps: list[tuple[set[int], bool]]) -> None:
    shown = rows = OrderedRows((0, 1, 2, 3), lambda each: (Cell(str(each)),))
    for order, taken in steps:
        before = set(rows.order)
        rows = rows.followed_by(sorted(order), order - before, before - order, shown)
        assert count_new(rows, shown) == len(order - set(shown.order))
        if taken:
            shown = rows


@pytest.mark.parametrize("sought", [(0, 999, 500, 3, 4, 5, 6, 7, 8, 998), (1000, -1, 0, 1000, 5, 1000, 1000, 999)])
def test_a_row_is_found_however_often_others_are_looked_for(sought: tuple[int, ...]) -> None:
    rows = OrderedRows(tuple(range(1000)), lambda each: (Cell(str(each)),))
    followed = rows.followed_by(tuple(range(999, -1, -1)), frozenset(), frozenset(), rows)
    for each in sought:
        assert rows.index_of(each) == (each if 0 <= each < 1000 else None)
        assert followed.index_of(each) == (999 - each if 0 <= each < 1000 else None)
