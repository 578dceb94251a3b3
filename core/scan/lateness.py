"""How late the worker's loop was: the time during which parsing kept it from noticing that bytes had come."""

from __future__ import annotations

from collections.abc import Callable

NOTICED_MS = 1.0


class Lateness:
    """Adds up every stretch that held the loop. Readers compare `total_ms` before and after a fetch."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._total = 0.0
        self._longest = 0.0

    def held(self, began: float, ended: float) -> None:
        """The loop could not run from `began` to `ended` (seconds)."""
        held = (ended - began) * 1000
        if held >= NOTICED_MS:
            self._total += held
            self._longest = max(self._longest, held)

    def total_ms(self) -> float:
        """Milliseconds held up since the start."""
        return self._total

    def longest_ms(self) -> float:
        """The longest stretch since this was last asked."""
        longest, self._longest = self._longest, 0.0
        return longest
