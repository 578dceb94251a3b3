"""Long lists in an order and through a filter, and how they stay so while their records change.

Sorting and filtering a hundred thousand rows anew on every beat would be felt at the keys; what changed are hundreds.
Numbers of rows stand in arrays: to copy a hundred thousand references is to touch as many objects, all over memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from math import inf
from operator import itemgetter
from typing import Any

from tui.sift import SLICE, Steps

Key = tuple[Any, ...]
Identities = Sequence[Hashable]
Test = Callable[[Any], bool]
RUN = 50_000  # rows sorted in one step: 10 ms


class _Falling:
    """A value that stands the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and bool(self.value == other.value)

    def __lt__(self, other: _Falling) -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Ordering:
    """By which ranks rows stand, each rising or falling; rows alike in them stand by `own`, then by identity.

    A row whose rank is None stands last either way.
    """

    ranks: tuple[tuple[Callable[[Any], Any], bool], ...]
    own: Callable[[Any], Any]

    def key(self, identity: Hashable, record: Any) -> Key:
        """What sorts as the rows stand; its last part is the identity."""
        parts: list[Any] = []
        for rank, falling in self.ranks:
            found = rank(record)
            if falling and found is not None:
                found = -found if isinstance(found, (int, float)) else _Falling(found)
            parts += (found is None, found)
        return (*parts, self.own(record), identity)

    def level(self, record: Any) -> float:
        """The first rank as a number that rises as the rows stand, where it is one."""
        rank, falling = self.ranks[0]
        found = rank(record)
        return inf if found is None else float(-found if falling else found)

    def alike(self, one: Any, other: Any) -> bool:
        """Whether a record stands where another one of the same row stands."""
        if one is None or other is None:
            return one is other
        return self.own(one) == self.own(other) and all(rank(one) == rank(other) for rank, _ in self.ranks)


@dataclass(frozen=True, slots=True)
class Standing:
    """Rows in their order. `levels` are their first ranks as numbers that rise with them; none where they are none."""

    order: Identities
    levels: array[float] = field(default_factory=lambda: array("d"))


def packed(order: Iterable[Hashable]) -> Identities:
    """As little and as close together as can be."""
    found: Any = tuple(order)
    try:
        return array("q", found)
    except (TypeError, OverflowError):
        return tuple(found)


# -- in an order, through a filter


def ordered(
    order: Identities, records: Mapping[Any, Any], rank: Callable[[Any], Any], descending: bool
) -> Steps[Standing]:
    """By rank, equals in the order that they are in; what has no rank comes last either way."""
    ranks: list[Any] = []
    for start in range(0, len(order), SLICE):
        if start:
            yield
        ranks += [rank(records[each]) for each in order[start : start + SLICE]]
    levels = _levels(ranks, descending)
    if levels:
        found = yield from _in_runs(range(len(levels)), levels, False)
    else:
        known = [at for at, each in enumerate(ranks) if each is not None]
        last = [at for at, each in enumerate(ranks) if each is None] if len(known) < len(ranks) else []
        found = [*(yield from _in_runs(known, ranks, descending)), *last]
    yield
    now = packed([order[at] for at in found])
    return Standing(now, array("d", [levels[at] for at in found]) if levels else array("d"))


def _levels(ranks: Sequence[Any], descending: bool) -> Sequence[float]:
    """The ranks as numbers that rise as the rows stand; none where they are none, or nobody knows yet what they are."""
    sign = -1.0 if descending else 1.0
    try:
        levels = [inf if each is None else sign * each for each in ranks]
    except TypeError:
        return ()
    return levels if levels.count(inf) < len(levels) else ()


def _in_runs(places: Sequence[int], ranks: Sequence[Any], descending: bool) -> Steps[Sequence[int]]:
    """Sorted a run a step; sorting two runs that are sorted only puts them together."""
    runs: list[Sequence[int]] = []
    for start in range(0, len(places), RUN):
        yield
        runs.append(sorted(places[start : start + RUN], key=ranks.__getitem__, reverse=descending))
    while len(runs) > 1:
        paired: list[Sequence[int]] = []
        for at in range(0, len(runs), 2):
            yield
            paired.append(sorted(chain(*runs[at : at + 2]), key=ranks.__getitem__, reverse=descending))
        runs = paired
    return runs[0] if runs else ()


def passing(standing: Standing, records: Mapping[Any, Any], test: Test) -> Steps[Standing]:
    """Those whose record passes the test, in the same order."""
    kept: list[Hashable] = []
    levels = array("d")
    for start in range(0, len(standing.order), SLICE):
        if start:
            yield
        part = standing.order[start : start + SLICE]
        passes = [test(records[each]) for each in part]
        kept += compress(part, passes)
        levels.extend(compress(standing.levels[start : start + SLICE], passes))
    return Standing(packed(kept), levels)


# -- after some have moved


@dataclass(frozen=True, slots=True)
class Moved:
    """What has become of records: as they were (None: not there) and as they are (None: gone), by identity."""

    before: Mapping[Hashable, Any]
    after: Mapping[Hashable, Any]

    def through(self, test: Test | None, ordering: Ordering) -> Moved:
        """Those of them that pass, and stand elsewhere than before."""
        before, after = self.before, self.after
        if test is not None:
            before, after = [
                {each: record if record is not None and test(record) else None for each, record in records.items()}
                for records in (before, after)
            ]
        moved = [each for each, old in before.items() if not ordering.alike(old, after[each])]
        return Moved({each: before[each] for each in moved}, {each: after[each] for each in moved})


@dataclass(frozen=True, slots=True)
class Restood:
    """The rows as they stand now, and which are new among them and which are no longer there."""

    standing: Standing
    came: frozenset[Hashable] = frozenset()
    left: frozenset[Hashable] = frozenset()


def restood(
    standing: Standing, records: Mapping[Any, Any], ordering: Ordering, moved: Moved, test: Test | None = None
) -> Restood:
    """Rows that pass a test, after some have moved. `records` are all as they were before."""
    found = moved.through(test, ordering)
    if not found.before:
        return Restood(standing)
    into = sorted(
        [(ordering.key(each, new), new) for each, new in found.after.items() if new is not None], key=itemgetter(0)
    )
    out = [(ordering.key(each, old), old) for each, old in found.before.items() if old is not None]
    places = _Places(standing, records, ordering)
    points = [(places.of(key, new), key[-1], new) for key, new in into]
    points += [(places.of(key, old), None, None) for key, old in out]
    points.sort(key=itemgetter(0))
    came = frozenset(each for each, old in found.before.items() if old is None)
    left = frozenset(each for each, new in found.after.items() if new is None)
    return Restood(_put_together(standing, points, ordering), came, left)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where rows stand, or would: among those of their level where there are levels, which is the quicker search."""

    standing: Standing
    records: Mapping[Any, Any]
    ordering: Ordering

    def of(self, key: Key, record: Any) -> int:
        order, levels = self.standing.order, self.standing.levels
        low, high = 0, len(order)
        if levels:
            level = self.ordering.level(record)
            low = bisect_left(levels, level)
            high = bisect_right(levels, level, low)
            if high == low + 1 and order[low] == key[-1]:
                return low
        return bisect_left(order, key, low, high, key=self._key) if high > low else low

    def _key(self, identity: Hashable) -> Key:
        return self.ordering.key(identity, self.records[identity])


def _put_together(standing: Standing, points: Sequence[tuple[int, Hashable, Any]], ordering: Ordering) -> Standing:
    """With a row more before some places, and without those at others."""
    order, levels = standing.order, standing.levels
    made: Any = order[:0] if isinstance(order, array) else []
    made_levels = levels[:0]
    at = 0
    for place, identity, record in points:
        made.extend(order[at:place])
        made_levels.extend(levels[at:place])
        if identity is None:
            at = place + 1
            continue
        made.append(identity)
        if levels:
            made_levels.append(ordering.level(record))
        at = max(at, place)
    made.extend(order[at:])
    made_levels.extend(levels[at:])
    return Standing(made if isinstance(order, array) else tuple(made), made_levels)
