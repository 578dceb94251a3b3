"""Filter and order of long lists in small steps, so that the keys are answered between two of them.

A thread would not help: it is the same interpreter, and each hand-over costs the screen 5 ms. Whoever starts a sift
may drop it at any step, which is how a filter that is still being typed costs nothing once the next letter is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
Record = Mapping[str, Any]

SLICE = 1000  # records a step: 1 to 3 ms


def passing(
    order: Sequence[Hashable], records: Mapping[Hashable, Record], test: Callable[[Record], bool]
) -> Steps[tuple[Hashable, ...]]:
    """Those whose record passes the test, in the same order."""
    kept: list[Hashable] = []
    for start in range(0, len(order), SLICE):
        if start:
            yield
        kept += [each for each in order[start : start + SLICE] if test(records[each])]
    return tuple(kept)


def ordered(
    order: Sequence[Hashable], records: Mapping[Hashable, Record], rank: Callable[[Record], Any], descending: bool
) -> Steps[tuple[Hashable, ...]]:
    """By rank, equals in the order that they are in; what has no rank comes last either way."""
    ranks: dict[Hashable, Any] = {}
    last: list[Hashable] = []
    for start in range(0, len(order), SLICE):
        if start:
            yield
        for each in order[start : start + SLICE]:
            found = rank(records[each])
            if found is None:
                last.append(each)
            else:
                ranks[each] = found
    yield
    return (*sorted(ranks, key=ranks.__getitem__, reverse=descending), *last)


def at_once(steps: Steps[T]) -> T:
    """Every step without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


async def calmly(steps: Steps[T]) -> T:
    """Every step, with room for the keys between two."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        await asyncio.sleep(0)
