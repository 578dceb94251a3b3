"""The engine's own figures."""

from __future__ import annotations

import pytest

from core.engine.figures import Latencies, Rate


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_a_quantile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    latencies = Latencies()
    for value in range(100, 0, -1):
        latencies.add(float(value))
    assert latencies.quantile(share) == expected


def test_a_quantile_of_nothing_is_unknown() -> None:
    assert Latencies().quantile(0.99) is None


def test_only_the_last_few_thousand_latencies_count() -> None:
    latencies = Latencies()
    for value in (1_000_000.0, *([1.0] * 5000)):
        latencies.add(value)
    assert latencies.quantile(1.0) == 1.0


def test_a_rate_is_that_of_the_last_half_minute() -> None:
    rate = Rate()
    for second in range(60):
        rate.add(float(second), 4)
    assert rate.per_second(60.0) == pytest.approx(4.0, rel=0.05)
    assert rate.per_second(200.0) == 0.0


def test_a_rate_right_after_the_start_is_not_blown_up_by_a_short_span() -> None:
    rate = Rate()
    rate.add(100.0, 5)
    assert rate.per_second(100.0) == 5.0
