"""The only reader of time and chance; everything else gets them as arguments."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime


def now() -> float:
    """Epoch seconds, UTC."""
    return time.time()


def monotonic() -> float:
    """Seconds that never jump, for durations."""
    return time.monotonic()


def thread_cpu() -> float:
    """CPU seconds of the calling thread."""
    return time.thread_time()


def chance() -> float:
    """A random number in [0, 1)."""
    return random.random()  # noqa: S311 - jitter, not a secret


def rfc3339(at: float) -> str:
    """Epoch seconds as RFC 3339 in UTC with milliseconds: 2026-11-22T14:02:31.250Z."""
    moment = datetime.fromtimestamp(at, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
