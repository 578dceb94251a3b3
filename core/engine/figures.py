"""The engine's own figures: how late looks start, how long until they are stored, how many a second."""

from __future__ import annotations

from collections import deque

_KEPT = 2000
_RATE_SECONDS = 30.0


class Latencies:
    """The last few thousand latencies in milliseconds, and their quantiles."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=_KEPT)

    def add(self, milliseconds: float) -> None:
        self._values.append(milliseconds)

    def quantile(self, share: float) -> float | None:
        """The value below which `share` of the kept ones lie; None before there is one."""
        if not self._values:
            return None
        ordered = sorted(self._values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Rate:
    """Events a second over the last half minute."""

    def __init__(self) -> None:
        self._at: deque[tuple[float, int]] = deque()

    def add(self, now: float, count: int) -> None:
        self._at.append((now, count))
        while self._at and self._at[0][0] < now - _RATE_SECONDS:
            self._at.popleft()

    def per_second(self, now: float) -> float:
        recent = [(at, count) for at, count in self._at if at >= now - _RATE_SECONDS]
        if not recent:
            return 0.0
        return sum(count for _, count in recent) / max(1.0, now - recent[0][0])
