"""Slower is a step of the median beyond ratio, noticeable time and noise; it lasts until the old level is back."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.detect.performance import limit_in_force
from core.model.scan import Sample
from core.model.target import Status
from tests.detect.looks import TARGET, Watch, failed, look, page, timed, told

SLOWER, FASTER = "performance.degraded", "performance.improved"


def settled(milliseconds: float = 200.0, looks: int = 30) -> Watch:
    """A watch of a site that always took about the same time."""
    watch = Watch()
    watch.see(look(page()))
    for i in range(looks):
        assert told(watch.see(timed(milliseconds + i % 5))) == []
    return watch


def run(watch: Watch, values: list[float]) -> list[tuple[int, str]]:
    """Positions and types of the changes that these timings lead to."""
    return [(i, each.type) for i, value in enumerate(values) for each in watch.see(timed(value)).changes]


def test_a_step_of_half_is_told_when_most_of_the_last_looks_show_it() -> None:
    watch = settled()
    assert run(watch, [300.0] * 10) == [(2, SLOWER)]
    assert watch.before.memory.status is Status.DEGRADED
    assert dict(watch.before.memory.degraded)["total_ms"] == pytest.approx(202.0)


def test_back_at_the_old_level_it_has_improved_once() -> None:
    watch = settled()
    run(watch, [300.0] * 10)
    assert run(watch, [203.0] * 10) == [(2, FASTER)]
    assert watch.before.memory.status is Status.UP


def test_what_improved_is_told_from_the_slow_level() -> None:
    watch = settled()
    run(watch, [300.0] * 10)
    improved = next(each for value in [203.0] * 10 for each in watch.see(timed(value)).changes)
    assert improved.before is not None
    assert improved.before.startswith("300")


@pytest.mark.parametrize("looks", [12, 14, 17, 22, 40, 64])
def test_a_new_lower_level_is_told_once_however_short_the_history(looks: int) -> None:
    chance = random.Random(looks)
    watch = settled(700.0, looks)
    seen = run(watch, [250.0 + 10 * chance.random() for _ in range(100)])
    assert [name for _, name in seen] == [FASTER]


@pytest.mark.parametrize("slow", [5, 12, 30, 50])
def test_a_slow_while_is_told_at_its_beginning_and_once_at_its_end(slow: int) -> None:
    chance = random.Random(slow)
    watch = settled(250.0, 40)
    seen = run(watch, [700.0 + 10 * chance.random() for _ in range(slow)])
    seen += run(watch, [250.0 + 10 * chance.random() for _ in range(100)])
    assert [name for _, name in seen] == [SLOWER, FASTER]


def test_the_change_says_from_what_to_what() -> None:
    watch = settled()
    [change] = [each for _ in range(3) for each in watch.see(timed(500.0)).changes]
    assert (change.key, change.before, change.after, change.severity.word) == ("total_ms", "202.0", "500.0", "high")
    assert "+148%" in change.reasons[0].because


@pytest.mark.parametrize(
    ("usual", "then"),
    [(200.0, 230.0), (50.0, 65.0), (200.0, 200.0)],
    ids=["below the ratio", "below what can be noticed", "unchanged"],
)
def test_small_steps_are_none(usual: float, then: float) -> None:
    assert run(settled(usual), [then] * 20) == []


def test_spikes_are_no_step() -> None:
    assert run(settled(), [900.0, 201.0, 202.0, 900.0, 203.0, 200.0] * 5) == []


def test_noise_as_wide_as_the_step_is_no_step() -> None:
    chance = random.Random(7)
    watch = Watch()
    watch.see(look(page()))
    assert run(watch, [chance.choice([100.0, 400.0]) + chance.random() for _ in range(120)]) == []


def test_too_few_looks_judge_nothing() -> None:
    assert run(settled(looks=9), [900.0] * 5) == []


def test_busy_and_failed_looks_are_never_judged() -> None:
    watch = settled()
    run(watch, [300.0, 300.0])
    assert told(watch.see(timed(300.0, busy=True))) == []
    assert told(watch.see(failed())) == [("availability.down", "suspected")]


def test_a_new_level_that_lasts_becomes_the_usual_one() -> None:
    watch = settled()
    assert run(watch, [300.0] * 80) == [(2, SLOWER)]
    assert watch.before.memory.degraded == ()
    assert run(watch, [200.0] * 10) == [(2, FASTER)]


def test_a_site_that_gets_faster_is_told_once() -> None:
    assert run(settled(400.0), [200.0] * 20) == [(2, FASTER)]


def test_it_stays_degraded_between_the_two_thresholds() -> None:
    watch = settled()
    run(watch, [300.0] * 5)
    assert run(watch, [230.0] * 10) == []
    assert watch.before.memory.degraded != ()


def test_only_metrics_with_a_threshold_are_judged_and_sizes_by_bytes() -> None:
    watch = Watch(replace(TARGET, thresholds=(("body_bytes", 0.2),)))
    watch.see(look(page()))
    seen = []
    for i in range(30):
        size = Sample("body_bytes", 50_000.0 if i < 20 else 90_000.0, "B")
        slow = Sample("total_ms", 100.0 if i < 20 else 900.0, "ms")
        seen += watch.see(look(same=True, samples=(size, slow))).changes
    assert [(each.type, each.key) for each in seen] == [(SLOWER, "body_bytes")]
    assert "bytes" in seen[0].reasons[0].because


def test_a_baseline_of_zero_has_no_share() -> None:
    watch = settled(0.0)
    assert run(watch, [500.0] * 5) == [(2, SLOWER)]


def test_a_held_baseline_without_values_is_kept() -> None:
    watch = settled()
    run(watch, [300.0] * 5)
    watch.before = replace(watch.before, windows=())
    assert run(watch, [300.0] * 3) == []
    assert watch.before.memory.degraded != ()


def test_the_limit_is_where_a_level_begins_to_count_and_stays_while_it_is_degraded() -> None:
    watch = settled()
    window = dict(watch.before.windows)["total_ms"]
    limit = limit_in_force("total_ms", window, (), TARGET)
    assert limit is not None
    assert (limit.baseline, limit.looks) == (202.0, 25)
    assert run(watch, [limit.level - 1] * 10) == []
    watch = settled()
    assert run(watch, [limit.level + 1] * 10) != []
    held = limit_in_force("total_ms", window, watch.before.memory.degraded, TARGET)
    assert held is not None
    assert (held.baseline, held.looks) == (pytest.approx(202.0), 0)


def test_there_is_no_limit_without_a_threshold_or_a_baseline() -> None:
    assert limit_in_force("dns_ms", [5.0] * 64, (), TARGET) is None
    assert limit_in_force("total_ms", [200.0] * 14, (), TARGET) is None
