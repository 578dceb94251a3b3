"""When to try a delivery again, and when to give up: a pure decision with its reason.

Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): many
deliveries that failed together do not come back together.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.model.alert import DeliveryState
from core.model.change import Reason
from core.ports import DeliveryError
from core.text import duration_words

FIRST_WAIT = 5.0
LONGEST_WAIT = 900.0
LONGEST_ASKED_FOR = 3600.0
ATTEMPTS = 10
_STEP = "deliver"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a delivery that failed: its state, when it is due again (or ended), and why."""

    state: DeliveryState
    at: float
    reason: Reason


def decide(attempts: int, error: DeliveryError, now: float, chance: float) -> Decision:
    """After the `attempts`-th failure (from 1). `chance` in [0, 1) places the wait within its bounds.

    A receiver's Retry-After is a lower bound of the wait, believed up to an hour.
    """
    if error.permanent:
        return Decision(DeliveryState.DEAD, now, Reason(_STEP, "dead", f"not worth asking again: {error}"))
    if attempts >= ATTEMPTS:
        return Decision(DeliveryState.DEAD, now, Reason(_STEP, "dead", f"gave up after {attempts} attempts: {error}"))
    wait = max(longest_wait(attempts) * chance, min(error.retry_after or 0.0, LONGEST_ASKED_FOR))
    because = f"attempt {attempts} of {ATTEMPTS}, again in {duration_words(wait)}: {error}"
    return Decision(DeliveryState.RETRYING, now + wait, Reason(_STEP, "again", because))


def longest_wait(attempts: int) -> float:
    """The upper bound of the wait after so many attempts, in seconds: 5, 10, 20, … 900."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, 30))
