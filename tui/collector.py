"""When Python looks through everything for garbage: meanwhile all threads of the process stand still, the engine's too.

With 10,000 targets that takes a quarter of a second. Left to itself it happens every few seconds while lists are read,
which is while somebody is at the keys. So only young garbage is collected as it comes, a little at a time, though an
engine alone would rather do that seldom; the rest waits for quiet keys.
"""

from __future__ import annotations

import gc

EVERY = 300.0
AT_LATEST = 1800.0
QUIET = 10.0
_YOUNGEST, _YOUNG = 1000, 10
_NEVER = 1_000_000_000


class Collector:
    """`take_over` begins it, once more after an engine has begun; then call `look` now and then.

    Moments are seconds of a clock that only goes forward.
    """

    def __init__(self, now: float) -> None:
        self._collected = now
        self._touched = now

    def take_over(self) -> None:
        gc.set_threshold(_YOUNGEST, _YOUNG, _NEVER)

    def touch(self, now: float) -> None:
        """Somebody is at the keys."""
        self._touched = now

    def is_due(self, now: float) -> bool:
        waited = now - self._collected
        return waited >= AT_LATEST or (waited >= EVERY and now - self._touched >= QUIET)

    def look(self, now: float) -> None:
        if self.is_due(now):
            self._collected = now
            gc.collect()
