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

SLICE = 4000  # records a step: 1 to 3 ms


def passing(
    order: Sequence[Hashable], records: Mapping[Hashable, Any], test: Callable[[Any], bool]
) -> Steps[tuple[Hashable, ...]]:
    """Those whose record passes the test, in the same order."""
    kept: list[Hashable] = []
    for start in range(0, len(order), SLICE):
        if start:
            yield
        kept += [each for each in order[start : start + SLICE] if test(records[each])]
    return tuple(kept)


def ordered(
    order: Sequence[Hashable], records: Mapping[Hashable, Any], rank: Callable[[Any], Any], descending: bool
) -> Steps[tuple[Hashable, ...]]:
    """By rank, equals in the order that they are in; what has no rank comes last either way."""
    ranks: dict[Hashable, Any] = {}
    runs: list[list[Hashable]] = []
    last: list[Hashable] = []
    for start in range(0, len(order), SLICE):
        if start:
            yield
        part = order[start : start + SLICE]
        ranks.update(zip(part, [rank(records[each]) for each in part], strict=True))
        last += [each for each in part if ranks[each] is None]
        known = [each for each in part if ranks[each] is not None]
        runs.append(sorted(known, key=ranks.__getitem__, reverse=descending))
    while len(runs) > 1:
        yield
        runs = yield from _paired(runs, ranks, descending)
    return (*(runs[0] if runs else ()), *last)


def _paired(
    runs: Sequence[list[Hashable]], ranks: Mapping[Hashable, Any], descending: bool
) -> Steps[list[list[Hashable]]]:
    """Half as many runs: sorting two that are sorted only puts them together."""
    made: list[list[Hashable]] = []
    for at in range(0, len(runs), 2):
        if at:
            yield
        both = [each for run in runs[at : at + 2] for each in run]
        made.append(sorted(both, key=ranks.__getitem__, reverse=descending))
    return made


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


def while_wanted(steps: Steps[T], wanted: Callable[[], bool]) -> Steps[T | None]:
    """The steps, and None as soon as nobody wants the rest any more."""
    while wanted():
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        yield
    return None
