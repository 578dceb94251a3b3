"""What follows a look that failed or was lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.scan import Failure, FailureClass
from core.model.target import TargetClass
from core.schedule.due import FLOORS
from core.schedule.retry import decide, lost

NOW = 1_800_000_000.0
OWN, VENDOR, COMPETITOR = TargetClass.OWN, TargetClass.VENDOR, TargetClass.COMPETITOR
PASSING = ["dns", "connect", "tls", "timeout", "http", "body"]


@pytest.mark.parametrize("failure_class", PASSING)
def test_what_may_pass_is_confirmed_after_5_and_15_seconds_and_then_left_to_the_schedule(failure_class: str) -> None:
    failure = Failure(FailureClass(failure_class), "no answer")
    decisions = [decide(failure, attempt, OWN, interval=300, now=NOW, chance=0.0) for attempt in (1, 2, 3)]
    assert [decision.again_at for decision in decisions] == [NOW + 5, NOW + 15, None]
    assert [decision.reason.outcome for decision in decisions] == ["again", "again", "regular"]
    assert all(decision.reason.because.startswith(f"{failure_class}: ") for decision in decisions)
    assert decisions[2].reason.because == f"{failure_class}: 3 looks in a row agree"


@pytest.mark.parametrize("failure_class", ["parse", "policy"])
def test_what_would_fail_the_same_way_is_not_tried_again(failure_class: str) -> None:
    decision = decide(Failure(FailureClass(failure_class), ""), 1, OWN, interval=300, now=NOW, chance=0.0)
    assert decision.again_at is None
    assert decision.reason.outcome == "regular"
    assert decision.reason.because.startswith(f"{failure_class}: ")


def test_every_failure_class_has_a_reason_of_its_own() -> None:
    reasons = {decide(Failure(each, ""), 1, OWN, interval=300, now=NOW, chance=0.0).reason for each in FailureClass}
    assert len(reasons) == len(FailureClass)


@pytest.mark.parametrize(
    ("target_class", "attempt", "interval", "retry_after", "wait", "because"),
    [
        (OWN, 1, 300, None, 5, "http: an error answer is often a deployment"),
        (OWN, 1, 300, 2, 5, "http: an error answer is often a deployment"),
        (OWN, 1, 300, 30, 30, "http: the server asked for 30 s"),
        (OWN, 2, 300, 30, 30, "http: the server asked for 30 s"),
        (OWN, 1, 300, 300, None, "http: the server asked for 300 s; the regular look is not later"),
        (OWN, 1, 86_400, 99_999, 3600, "http: the server asked for 3600 s"),
        (OWN, 1, 5, None, None, "http: an error answer is often a deployment; the regular look is not later"),
        (VENDOR, 1, 300, None, 60,
         "http: an error answer is often a deployment; a vendor target is left alone for 60 s"),
        (VENDOR, 1, 60, None, None,
         "http: an error answer is often a deployment; a vendor target is left alone for 60 s; "
         "the regular look is not later"),
        (COMPETITOR, 2, 21_600, None, 900,
         "http: an error answer is often a deployment; a competitor target is left alone for 900 s"),
    ],
)  # fmt: skip
def test_the_server_and_the_class_may_ask_for_more_patience(
    *,
    target_class: TargetClass,
    attempt: int,
    interval: float,
    retry_after: float | None,
    wait: float | None,
    because: str,
) -> None:
    failure = Failure(FailureClass.HTTP, "503", retry_after)
    decision = decide(failure, attempt, target_class, interval=interval, now=NOW, chance=0.0)
    assert decision.again_at == (None if wait is None else NOW + wait)
    assert decision.reason.because == because


@given(
    st.builds(Failure, st.sampled_from(FailureClass), st.text(), st.one_of(st.none(), st.floats(-10, 1e9))),
    st.integers(min_value=1, max_value=9),
    st.sampled_from(TargetClass),
    st.floats(min_value=1, max_value=1e6),
    st.floats(min_value=0, max_value=0.999),
)
def test_a_failing_target_is_never_dead_nor_looked_at_too_often(
    failure: Failure, attempt: int, target_class: TargetClass, interval: float, chance: float
) -> None:
    decision = decide(failure, attempt, target_class, interval=interval, now=NOW, chance=chance)
    assert not decision.dead
    if decision.again_at is not None:
        assert max(5.0, FLOORS[target_class]) - 1e-6 <= decision.again_at - NOW < interval


def test_chance_spreads_confirming_looks_by_a_tenth() -> None:
    failure = Failure(FailureClass.CONNECT, "refused")
    decision = decide(failure, 1, OWN, interval=300, now=NOW, chance=0.5)
    assert decision.again_at == pytest.approx(NOW + 5.25)


def test_a_lost_look_is_made_again_three_times_and_then_dead() -> None:
    decisions = [lost(attempt, NOW) for attempt in (1, 2, 3, 4, 5)]
    assert [decision.dead for decision in decisions] == [False, False, False, True, True]
    assert [decision.again_at for decision in decisions] == [NOW, NOW, NOW, None, None]
    assert decisions[2].reason.because == "lost with its worker, retry 3 of 3"
    assert decisions[3].reason.because == "lost with its worker 4 times"
