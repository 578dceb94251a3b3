"""Work on long lists in small steps, so that the keys are answered between two of them.

A thread would not help: it is the same interpreter, and each hand-over costs the screen 5 ms. Whoever starts a sift
may drop it at any step, which is how a filter that is still being typed costs nothing once the next letter is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
Record = Mapping[str, Any]

SLICE = 4000  # records a step: 1 to 3 ms


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
