"""Looks stay on the grid of their target, spread out, and never come closer than the class allows."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.target import DEFAULT_EVERY, Schedule, TargetClass
from core.schedule.cron import Cron
from core.schedule.due import CATCH_UP_WINDOW, FLOORS, next_due, resumed, share

NOW = 1_800_000_000.0
EVERY_MINUTE = Schedule(every=60.0)
CLASSES = st.sampled_from(TargetClass)
SCHEDULES = st.one_of(
    st.sampled_from([1.0, 7.0, 60.0, 300.0, 3600.0, 86_400.0]).map(lambda every: Schedule(every=every)),
    st.sampled_from(["* * * * *", "*/7 * * * *", "*/20 * * * * *", "0 3 * * *", "@hourly", "@every 90s"]).map(
        lambda cron: Schedule(every=None, cron=cron, timezone="Europe/Berlin")
    ),
)
PHASES = st.text(min_size=1, max_size=36)
LOOK_SECONDS = st.floats(min_value=0.0, max_value=400.0)


@given(SCHEDULES, CLASSES, PHASES, st.lists(LOOK_SECONDS, min_size=2, max_size=8))
def test_looks_never_come_closer_than_the_class_allows(
    schedule: Schedule, target_class: TargetClass, phase: str, durations: list[float]
) -> None:
    due = next_due(schedule, target_class, phase, NOW, 0.0)
    dues = [due]
    for duration in durations:
        dues.append(next_due(schedule, target_class, phase, dues[-1] + duration, dues[-1]))
    assert all(after - before >= FLOORS[target_class] - 0.01 for before, after in pairwise(dues))
    assert all(after > before + duration for (before, after), duration in zip(pairwise(dues), durations, strict=True))


@given(st.sampled_from([1.0, 60.0, 300.0, 3600.0]), PHASES, st.lists(LOOK_SECONDS, min_size=1, max_size=8))
def test_an_interval_keeps_its_grid_however_long_looks_take(every: float, phase: str, durations: list[float]) -> None:
    schedule = Schedule(every=every)
    origin = due = next_due(schedule, TargetClass.OWN, phase, NOW, 0.0)
    for duration in durations:
        due = next_due(schedule, TargetClass.OWN, phase, due + duration, due)
        steps = (due - origin) / every
        assert steps == pytest.approx(round(steps), abs=1e-6)


@given(PHASES, st.floats(min_value=0.0, max_value=1e6))
def test_a_restart_finds_the_same_grid(phase: str, stopped: float) -> None:
    first = next_due(EVERY_MINUTE, TargetClass.OWN, phase, NOW, 0.0)
    later = next_due(EVERY_MINUTE, TargetClass.OWN, phase, NOW + stopped, 0.0)
    assert (later - first) / 60 == pytest.approx(round((later - first) / 60), abs=1e-6)


@given(PHASES, st.sampled_from(["* * * * *", "*/5 * * * *", "0 3 * * *", "15 30 2 * * *"]))
def test_a_cron_target_has_one_offset_below_a_minute(phase: str, expression: str) -> None:
    schedule = Schedule(every=None, cron=expression, timezone="Europe/Berlin")
    cron = Cron.parse(expression, "Europe/Berlin")
    due = NOW
    for _ in range(3):
        due = next_due(schedule, TargetClass.OWN, phase, due, 0.0)
        offset = share(phase) * 60
        assert 0 <= offset < 60
        assert due - offset == pytest.approx(cron.next_after(due - offset - 1e-3), abs=1e-3)


def test_ten_thousand_targets_on_one_minute_spread_over_it() -> None:
    dues = [next_due(EVERY_MINUTE, TargetClass.OWN, f"target-{n}", NOW, 0.0) - NOW for n in range(10_000)]
    a_second = [sum(1 for due in dues if second <= due < second + 1) for second in range(60)]
    assert min(a_second) > 100
    assert max(a_second) < 240


@pytest.mark.parametrize(
    ("schedule", "target_class", "gap"),
    [
        (Schedule(every=1.0), TargetClass.OWN, 1),
        (Schedule(every=0.2), TargetClass.OWN, 1),
        (Schedule(every=5.0), TargetClass.VENDOR, 60),
        (Schedule(every=60.0), TargetClass.COMPETITOR, 900),
        (Schedule(every=3600.0), TargetClass.COMPETITOR, 3600),
        (Schedule(every=None, cron="* * * * *"), TargetClass.COMPETITOR, 900),
        (Schedule(every=None, cron="*/4 * * * *"), TargetClass.COMPETITOR, 960),
        (Schedule(every=None, cron="*/10 * * * * *"), TargetClass.VENDOR, 60),
        (Schedule(every=None, cron="@every 10s"), TargetClass.VENDOR, 60),
        (Schedule(every=None), TargetClass.OWN, DEFAULT_EVERY),
    ],
)
def test_the_class_widens_what_the_schedule_asks_for(schedule: Schedule, target_class: TargetClass, gap: float) -> None:
    first = next_due(schedule, target_class, "shop", 1_799_999_940.0, 0.0)
    second = next_due(schedule, target_class, "shop", first, first)
    assert second - first == pytest.approx(gap, abs=0.01)


def test_an_early_look_pushes_a_competitors_next_one_beyond_the_floor() -> None:
    schedule = Schedule(every=900.0)
    regular = next_due(schedule, TargetClass.COMPETITOR, "rival", NOW, 0.0)
    early = regular - 10
    assert next_due(schedule, TargetClass.COMPETITOR, "rival", early, early) == pytest.approx(regular + 900)


def test_a_clock_put_back_does_not_stop_the_looks() -> None:
    due = next_due(EVERY_MINUTE, TargetClass.OWN, "shop", NOW, NOW + 86_400)
    assert NOW < due <= NOW + 61


def test_a_cron_schedule_without_a_moment_left_is_due_never() -> None:
    schedule = Schedule(every=None, cron="0 0 29 2 *", timezone="UTC")
    last_day_of_the_year_9999 = 253_402_300_000.0
    assert next_due(schedule, TargetClass.OWN, "shop", last_day_of_the_year_9999, 0.0) == math.inf


@given(SCHEDULES, CLASSES, PHASES, st.floats(min_value=0.0, max_value=1e7), st.integers(min_value=1, max_value=20_000))
def test_skipped_looks_are_followed_by_one_look_soon_and_then_the_grid(
    schedule: Schedule, target_class: TargetClass, phase: str, stopped: float, overdue: int
) -> None:
    stored = next_due(schedule, target_class, phase, NOW, 0.0)
    start = stored + stopped
    due = resumed(schedule, target_class, phase, now=start, due=stored, overdue=overdue)
    assert start <= due <= start + CATCH_UP_WINDOW
    after = next_due(schedule, target_class, phase, due, due)
    assert after - due >= FLOORS[target_class] - 0.01
    assert after == pytest.approx(next_due(schedule, target_class, phase, after - 0.5, 0.0), abs=0.01)


def test_the_overdue_do_not_all_start_at_once_and_a_lone_one_does() -> None:
    dues = [
        resumed(EVERY_MINUTE, TargetClass.OWN, f"target-{n}", now=NOW, due=NOW - 9999, overdue=10_000) - NOW
        for n in range(10_000)
    ]
    assert max(sum(1 for due in dues if second <= due < second + 1) for second in range(60)) < 300
    assert resumed(EVERY_MINUTE, TargetClass.OWN, "alone", now=NOW, due=NOW - 9999, overdue=1) - NOW < 0.1


def test_what_is_not_overdue_keeps_its_time_unless_the_grid_is_nearer() -> None:
    planned = next_due(EVERY_MINUTE, TargetClass.OWN, "shop", NOW, 0.0)
    assert resumed(EVERY_MINUTE, TargetClass.OWN, "shop", now=NOW, due=planned, overdue=0) == planned
    assert resumed(EVERY_MINUTE, TargetClass.OWN, "shop", now=NOW, due=NOW + 86_400, overdue=0) == planned
