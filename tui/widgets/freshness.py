"""How old a thing on the screen is, in words, and when to say that it is too old to trust."""

from __future__ import annotations

from dataclasses import dataclass

from core.text import duration_words

STALE_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Freshness:
    """`words` for the screen, the role that colours them, and whether to trust what stands beside them."""

    words: str
    role: str
    stale: bool


def age_words(age: float | None) -> str:
    """`now`, `9s`, `6m12s`, `2d4h`; `never` where nothing was seen yet, `in 5s` where the clock is behind."""
    if age is None:
        return "never"
    if age <= -1:
        return f"in {duration_words(-age)}"
    return "now" if age < 1 else duration_words(float(int(age)))


def is_stale(age: float | None, interval: float) -> bool:
    """Older than three of its intervals. What was never seen is not stale but unknown."""
    return age is not None and interval > 0 and age > STALE_INTERVALS * interval


def freshness(seen_at: float | None, interval: float, now: float) -> Freshness:
    """The age of what was seen at `seen_at` and is to be seen again every `interval` seconds."""
    age = None if seen_at is None else now - seen_at
    if is_stale(age, interval):
        return Freshness(f"STALE {age_words(age)}", "stale", True)
    return Freshness(age_words(age), "muted", False)
