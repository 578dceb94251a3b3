"""A domain is never asked faster, or by more at a time, than it was allowed; and less where it asks for patience."""

from __future__ import annotations

import heapq
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schedule.budget import LONGEST_PAUSE, DomainBudget, registrable_domain

NOW = 1_800_000_000.0


def simulate(budget: DomainBudget, askers: int, *, look: float, until: float) -> tuple[list[float], int]:
    """Let `askers` look once each at one domain: when each began, and how often they asked in all."""
    agenda = [(NOW, number) for number in range(askers)]
    ends: list[float] = []
    began: list[float] = []
    asked = 0
    while agenda and agenda[0][0] <= until:
        now, number = heapq.heappop(agenda)
        while ends and ends[0] <= now:
            budget.release("a.example", heapq.heappop(ends))
        asked += 1
        wait = budget.reserve("a.example", now)
        if wait:
            heapq.heappush(agenda, (now + wait, number))
        else:
            began.append(now)
            heapq.heappush(ends, now + look)
    return began, asked


@settings(deadline=None)
@given(
    st.floats(min_value=0.5, max_value=20),
    st.integers(min_value=1, max_value=5),
    st.floats(min_value=0.01, max_value=3),
    st.integers(min_value=1, max_value=30),
)
def test_no_domain_is_asked_faster_or_by_more_at_a_time_than_allowed(
    rate: float, concurrency: int, look: float, askers: int
) -> None:
    began, _ = simulate(DomainBudget(rate, concurrency), askers, look=look, until=NOW + 1e6)
    assert len(began) == askers
    assert all(later - sooner >= 1 / rate - 0.002 for sooner, later in pairwise(began))
    for start in began:
        assert sum(1 for each in began if each <= start < each + look - 1e-6) <= concurrency


def test_a_thousand_askers_come_in_turn_and_do_not_keep_asking() -> None:
    began, asked = simulate(DomainBudget(20.0, 4), 1000, look=0.1, until=NOW + 1e6)
    assert len(began) == 1000
    assert max(began) - NOW < 51
    assert asked < 2500


def test_a_busy_domain_does_not_hold_up_another() -> None:
    budget = DomainBudget(2.0, 4)
    assert budget.reserve("a.example", NOW) == 0
    assert budget.reserve("a.example", NOW) == pytest.approx(0.5)
    assert budget.reserve("b.example", NOW) == 0


def test_at_most_so_many_looks_are_under_way_at_a_time() -> None:
    budget = DomainBudget(1000.0, 2)
    assert budget.reserve("a.example", NOW) == 0
    assert budget.reserve("a.example", NOW + 1) == 0
    assert budget.reserve("a.example", NOW + 2) > 0
    budget.release("a.example", NOW + 3)
    assert budget.reserve("a.example", NOW + 3) == 0


def test_a_clock_that_was_put_back_leaves_no_turn_in_the_future_but_what_is_under_way() -> None:
    budget = DomainBudget(0.1, 2)
    assert budget.reserve("a.example", NOW) == 0
    budget.limits_only()
    assert budget.reserve("a.example", NOW - 3600) == 0
    budget.limits_only()
    assert budget.reserve("a.example", NOW - 7200) > 0, "two are under way"


def test_other_limits_hold_from_then_on() -> None:
    budget = DomainBudget(1.0, 1)
    budget.reserve("a.example", NOW)
    budget.limit(10.0, 5)
    assert budget.reserve("a.example", NOW + 1) == 0
    assert budget.reserve("a.example", NOW + 1) == pytest.approx(0.1)


def test_retry_after_is_honoured_up_to_an_hour() -> None:
    budget = DomainBudget(2.0, 4)
    budget.back_off("a.example", NOW, 120.0)
    assert budget.reserve("a.example", NOW) == pytest.approx(120)
    assert budget.reserve("a.example", NOW + 120) == 0
    budget.back_off("b.example", NOW, 1e9)
    assert budget.reserve("b.example", NOW) == pytest.approx(3600)


def test_pauses_double_up_to_a_minute_and_rates_halve() -> None:
    budget = DomainBudget(2.0, 4)
    now = NOW
    pauses, rates = [], []
    for _ in range(8):
        budget.back_off("a.example", now, None)
        level = budget.levels(now)[0]
        pauses.append(level.held_for)
        rates.append(level.rate)
        now += level.held_for
    assert pauses == pytest.approx([2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE], abs=1e-3)
    assert rates == [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0.03125]


def test_answers_that_were_under_way_count_as_one_refusal() -> None:
    budget = DomainBudget(2.0, 4)
    for _ in range(4):
        budget.back_off("a.example", NOW, None)
    assert [level.rate for level in budget.levels(NOW)] == [1.0]


def test_a_strict_domain_is_asked_by_one_at_a_time() -> None:
    budget = DomainBudget(1000.0, 4)
    budget.back_off("a.example", NOW, None)
    assert budget.reserve("a.example", NOW + 3) == 0
    assert budget.reserve("a.example", NOW + 4) > 0


def test_quiet_minutes_give_the_rate_back() -> None:
    budget = DomainBudget(2.0, 4)
    budget.back_off("a.example", NOW, None)
    budget.back_off("a.example", NOW + 2, None)
    assert budget.levels(NOW + 10)[0].rate == 0.5
    assert budget.levels(NOW + 70)[0].rate == 1.0
    assert budget.levels(NOW + 130) == ()


def test_the_longest_held_domain_is_shown_first_and_a_busy_one_not_at_all() -> None:
    budget = DomainBudget(2.0, 4)
    budget.reserve("busy.example", NOW)
    budget.back_off("a.example", NOW, 5.0)
    budget.back_off("b.example", NOW, 50.0)
    assert [(level.domain, level.held_for) for level in budget.levels(NOW)] == [("b.example", 50.0), ("a.example", 5.0)]


def test_idle_domains_are_forgotten() -> None:
    budget = DomainBudget(2.0, 4)
    for number in range(1000):
        budget.reserve(f"{number}.example", NOW + number / 1000)
        budget.release(f"{number}.example", NOW + number / 1000)
    assert len(budget) <= 1000
    for number in range(1100):
        budget.reserve("a.example", NOW + 100 + number)
        budget.release("a.example", NOW + 100 + number)
    assert len(budget) <= 2


def test_releasing_what_was_never_reserved_changes_nothing() -> None:
    budget = DomainBudget(2.0, 1)
    budget.release("a.example", NOW)
    assert budget.reserve("a.example", NOW) == 0
    budget.release("a.example", NOW)
    budget.release("a.example", NOW)
    assert budget.reserve("a.example", NOW + 1) == 0
    assert budget.reserve("a.example", NOW + 2) > 0


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.shop.example.com", "example.com"),
        ("WWW.Example.COM.", "example.com"),
        ("a.b.co.uk", "b.co.uk"),
        ("me.github.io", "me.github.io"),
        ("pages.me.github.io", "me.github.io"),
        ("github.io", "github.io"),
        ("localhost", "localhost"),
        ("shop.test", "shop.test"),
        ("www.shop.test", "shop.test"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("www.münchen.de", "münchen.de"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:0db8:0:0::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_registrable_domain_is_what_one_owner_registered(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain
