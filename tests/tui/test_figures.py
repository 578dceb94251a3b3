"""The console's own figures: what counts as a key, a stall, a byte."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from tests.tui.console_world import console
from tui.figures import BYTES_OF, STALLS_OF, Figures, Meter, MeteredSelector, metered


def test_a_key_counts_until_the_next_paint() -> None:
    meter = Meter()
    for started, shown in ((1.0, 1.004), (2.0, 2.006), (3.0, 3.050)):
        meter.key(started)
        meter.painted(shown)
    found = meter.figures(4.0)
    assert (found.keys, round(found.key_p50_ms or 0), round(found.key_p99_ms or 0)) == (3, 6, 50)


def test_keys_that_share_a_paint_count_each() -> None:
    meter = Meter()
    meter.key(1.0)
    meter.key(1.010)
    meter.painted(1.020)
    assert meter.figures(2.0).keys == 2


def test_a_key_that_paints_nothing_counts_for_nothing() -> None:
    meter = Meter()
    meter.key(1.0)
    meter.settled(1.0)
    meter.painted(1.9)
    assert meter.figures(2.0).keys == 0


def test_a_paint_without_a_key_counts_for_nothing() -> None:
    meter = Meter()
    meter.painted(1.0)
    assert meter.figures(2.0).key_p50_ms is None


@pytest.mark.parametrize(
    ("turns", "now", "longest"),
    [
        ((), 0.0, None),
        (((1.0, 0.002), (2.0, 0.009), (3.0, 0.004)), 3.0, 9.0),
        (((1.0, 0.050), (2.0 + STALLS_OF, 0.003)), 2.0 + STALLS_OF, 3.0),
        (((1.0, 0.050), (2.0, 0.003)), 1.5 + STALLS_OF, 3.0),
    ],
)
def test_the_longest_turn_is_that_of_the_last_minute(
    turns: tuple[tuple[float, float], ...], now: float, longest: float | None
) -> None:
    meter = Meter()
    for at, seconds in turns:
        meter.turned(at, seconds)
    assert meter.figures(now).stall_max_ms == longest


def test_bytes_are_a_mean_of_the_last_seconds() -> None:
    meter = Meter()
    meter.wrote(0.0, 100_000)
    for second in range(20):
        meter.wrote(float(second + 1), 500)
    assert meter.figures(20.0).bytes_per_second == pytest.approx(500.0)
    assert meter.figures(20.0 + 2 * BYTES_OF).bytes_per_second == 0.0


def test_nothing_measured_is_nothing_said() -> None:
    found = Meter().figures(1.0)
    assert found.memory_bytes is None or found.memory_bytes > 1_000_000
    assert (found.keys, found.key_p50_ms, found.stall_max_ms) == (0, None, None)
    assert Figures().memory_bytes is None


def test_a_loop_tells_how_long_its_turns_were() -> None:
    meter = Meter()
    loop = asyncio.SelectorEventLoop(MeteredSelector(meter, time.monotonic))
    try:
        loop.run_until_complete(_stand_still(0.05))
    finally:
        loop.close()
    assert (meter.figures(time.monotonic()).stall_max_ms or 0) >= 50.0


async def _stand_still(seconds: float) -> None:
    time.sleep(seconds)
    await asyncio.sleep(0)


def test_a_metered_driver_is_the_driver_it_was_made_of() -> None:
    assert issubclass(metered(HeadlessDriver, Meter(), time.monotonic), HeadlessDriver)


async def test_the_console_measures_its_keys(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        for key in ("2", "j", "k") * 10:
            await world.press(key)
        assert world.app.figures.keys >= 1
