"""The console's own figures: how soon a key is on the screen, how long its loop stood still, what it writes and holds.

An operator who doubts the console finds them on the System screen. Moments are seconds of a clock that only goes
forward; what is measured comes from three hooks: keys and paints of the app, writes of its driver, turns of its loop.
"""

from __future__ import annotations

import os
import selectors
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.driver import Driver

KEYS_KEPT = 500
STALLS_OF = 60.0
BYTES_OF = 10.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Figures:
    """What `Meter.figures` says. None is what was not measured.

    `keys` of the last KEYS_KEPT that painted something, from the key's arrival to the last byte given to the terminal;
    `stall_max_ms` is the longest turn of the loop within a minute, `bytes_per_second` the mean of ten seconds,
    `memory_bytes` what the process keeps resident, an engine of its own included and workers not.
    """

    keys: int = 0
    key_p50_ms: float | None = None
    key_p99_ms: float | None = None
    stall_max_ms: float | None = None
    bytes_per_second: float = 0.0
    memory_bytes: int | None = None


class Meter:
    """Takes what the hooks tell. A key that paints nothing (`settled` before any paint) counts for nothing."""

    def __init__(self) -> None:
        self._waiting: list[float] = []
        self._keys: deque[float] = deque(maxlen=KEYS_KEPT)
        self._stalls: deque[tuple[float, float]] = deque()
        self._writes: deque[tuple[float, int]] = deque()
        self._began: float | None = None

    def key(self, at: float) -> None:
        """A key came at this moment."""
        self._waiting.append(at)

    def painted(self, at: float) -> None:
        """What was to be seen has been given to the terminal."""
        if self._waiting:
            self._keys.extend(max(at - key, 0.0) for key in self._waiting)
            self._waiting.clear()

    def settled(self, key: float) -> None:
        """Everything that the keys up to this one led to has been done and painted."""
        self._waiting = [each for each in self._waiting if each > key]

    def turned(self, at: float, seconds: float) -> None:
        """One turn of the loop took so long. Only the greatest that are still to come are kept."""
        while self._stalls and self._stalls[-1][1] <= seconds:
            self._stalls.pop()
        self._stalls.append((at, seconds))
        while self._stalls[0][0] < at - STALLS_OF:
            self._stalls.popleft()

    def wrote(self, at: float, count: int) -> None:
        """So many bytes went to the terminal."""
        self._began = at if self._began is None else self._began
        self._writes.append((at, count))
        self._forget(at)

    def _forget(self, now: float) -> None:
        while self._writes and self._writes[0][0] <= now - BYTES_OF:
            self._writes.popleft()

    def figures(self, now: float) -> Figures:
        self._forget(now)
        keys = sorted(self._keys)
        stalls = [seconds for at, seconds in self._stalls if at >= now - STALLS_OF]
        lasted = 1.0 if self._began is None else min(max(now - self._began, 1.0), BYTES_OF)
        return Figures(
            keys=len(keys),
            key_p50_ms=_quantile(keys, 0.5),
            key_p99_ms=_quantile(keys, 0.99),
            stall_max_ms=max(stalls) * 1000 if stalls else None,
            bytes_per_second=sum(count for _, count in self._writes) / lasted,
            memory_bytes=resident(),
        )


def _quantile(ordered: list[float], share: float) -> float | None:
    """In milliseconds."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else None


def resident() -> int | None:
    """Bytes of memory that this process keeps, where the system says so."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return None


def metered(driver: type[Driver], meter: Meter, clock: Callable[[], float]) -> type[Driver]:
    """The driver, telling the meter what it writes."""

    class Metered(driver):  # type: ignore[valid-type, misc]
        def write(self, data: str) -> None:
            meter.wrote(clock(), len(data.encode("utf-8", "replace")))
            super().write(data)

    return Metered


class MeteredSelector(selectors.DefaultSelector):
    """The selector of a loop: between the end of one wait and the start of the next, the loop takes one turn."""

    def __init__(self, meter: Meter, clock: Callable[[], float]) -> None:
        super().__init__()
        self._meter = meter
        self._clock = clock
        self._woke: float | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        now = self._clock()
        if self._woke is not None:
            self._meter.turned(now, now - self._woke)
        try:
            return super().select(timeout)
        finally:
            self._woke = self._clock()
