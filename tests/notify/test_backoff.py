"""When a failed delivery is tried again, and when it is given up."""

from __future__ import annotations

import pytest

from core.model.alert import DeliveryState
from core.notify.backoff import decide, longest_wait
from core.ports import DeliveryError

NOW = 1000.0


def busy(retry_after: float | None = None) -> DeliveryError:
    return DeliveryError("503 busy", permanent=False, retry_after=retry_after)


def final(retry_after: float | None = None) -> DeliveryError:
    return DeliveryError("410 gone", permanent=True, retry_after=retry_after)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 640), (9, 900), (10, 900), (5000, 900)]
)
def test_the_longest_wait_doubles_up_to_a_quarter_of_an_hour(attempts: int, seconds: float) -> None:
    assert longest_wait(attempts) == seconds


@pytest.mark.parametrize(
    ("attempts", "error", "chance", "state", "at"),
    [
        (1, busy(), 0.0, DeliveryState.RETRYING, NOW),
        (1, busy(), 0.5, DeliveryState.RETRYING, NOW + 2.5),
        (4, busy(), 0.25, DeliveryState.RETRYING, NOW + 10),
        (1, busy(60.0), 0.5, DeliveryState.RETRYING, NOW + 60),
        (6, busy(1.0), 0.5, DeliveryState.RETRYING, NOW + 80),
        (1, busy(1e9), 0.5, DeliveryState.RETRYING, NOW + 3600),
        (9, busy(), 1.0, DeliveryState.RETRYING, NOW + 900),
        (10, busy(), 0.5, DeliveryState.DEAD, NOW),
        (10, busy(60.0), 0.5, DeliveryState.DEAD, NOW),
        (1, final(), 0.5, DeliveryState.DEAD, NOW),
        (1, final(60.0), 0.5, DeliveryState.DEAD, NOW),
    ],
)
def test_a_failure_leads_to_this(
    attempts: int, error: DeliveryError, chance: float, state: DeliveryState, at: float
) -> None:
    decision = decide(attempts, error, NOW, chance)
    assert (decision.state, decision.at) == (state, at)
    assert decision.reason.outcome == ("dead" if state is DeliveryState.DEAD else "again")
    assert str(error) in decision.reason.because
