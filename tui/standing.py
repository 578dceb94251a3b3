"""Lists that stand in an order while their records change: what moved is taken out and put in where it belongs.

Sorting and filtering a hundred thousand rows anew on every beat would be felt at the keys; what changed are hundreds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Key = tuple[Any, ...]
Identities = tuple[Hashable, ...]
Test = Callable[[Any], bool]


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

    def alike(self, one: Any, other: Any) -> bool:
        """Whether a record stands where another one of the same row stands."""
        if one is None or other is None:
            return one is other
        return self.own(one) == self.own(other) and all(rank(one) == rank(other) for rank, _ in self.ranks)


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
    """The order as it is now, and which rows are new in it and which are no longer there."""

    order: Identities
    came: frozenset[Hashable] = frozenset()
    left: frozenset[Hashable] = frozenset()


def restood(
    order: Identities, records: Mapping[Any, Any], ordering: Ordering, moved: Moved, test: Test | None = None
) -> Restood:
    """An order of rows that pass a test, after some have moved. `records` are all as they were before."""
    found = moved.through(test, ordering)
    if not found.before:
        return Restood(order)

    def key(identity: Hashable) -> Key:
        return ordering.key(identity, records[identity])

    into = sorted(ordering.key(each, new) for each, new in found.after.items() if new is not None)
    out = [ordering.key(each, old) for each, old in found.before.items() if old is not None]
    points = [(bisect_left(order, each, key=key), True, each[-1]) for each in into]
    points += [(bisect_left(order, each, key=key), False, None) for each in out]
    points.sort(key=lambda each: each[0])
    came = frozenset(each for each, old in found.before.items() if old is None)
    left = frozenset(each for each, new in found.after.items() if new is None)
    return Restood(_put_together(order, points), came, left)


def _put_together(order: Identities, points: Sequence[tuple[int, bool, Hashable]]) -> Identities:
    """The order with a row more before some places, and without those at others."""
    made: list[Hashable] = []
    at = 0
    for place, comes, identity in points:
        made += order[at:place]
        if comes:
            made.append(identity)
        at = max(at, place if comes else place + 1)
    made += order[at:]
    return tuple(made)
