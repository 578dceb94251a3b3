"""Everything is looked through for garbage when nobody is at the keys, and after half an hour of keys all the same."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tui.collector import AT_LATEST, EVERY, QUIET, Collector


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    """What they are, and are again afterwards."""
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("touched", "now", "due"),
    [
        (0.0, EVERY - 1, False),
        (0.0, EVERY, True),
        (EVERY - QUIET, EVERY, True),
        (EVERY - QUIET + 1, EVERY, False),
        (AT_LATEST, AT_LATEST, True),
    ],
)
def test_it_waits_for_quiet_keys_but_not_for_ever(touched: float, now: float, due: bool) -> None:
    collector = Collector(0.0)
    collector.touch(touched)
    assert collector.is_due(now) == due


def test_it_rests_once_it_has_collected() -> None:
    collector = Collector(0.0)
    collector.look(EVERY)
    assert not collector.is_due(EVERY + 1)


def test_young_garbage_is_collected_a_little_at_a_time(thresholds: tuple[int, int, int]) -> None:
    gc.set_threshold(10_000, 20, 20)
    Collector(0.0).take_over()
    youngest, young, everything = gc.get_threshold()
    assert youngest * young <= 10_000
    assert everything > 1_000_000
