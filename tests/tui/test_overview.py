"""The first screen: what it answers without a key, at every size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.model.alert import AlertEvent as Event
from core.model.alert import AlertState, Delivery, DeliveryState
from core.model.change import Reason
from core.model.record import TargetRecord
from core.view import Fleet, Pulse, Timeline
from tests.store.looks import NOW, alert, change, target
from tests.tui.console_world import console
from tui.panes import overview
from tui.panes.rows import next_step
from tui.theme import GLYPHS

SHOP = replace(target(), id=1)
SITE = TargetRecord(
    1, "0198-a", "shop", "https://shop.test/", "website", 60, "own", "", "normal", (), "file", False, "up", "up", "",
    "A", None, (), None, None, None, 412.0, None, 600.0, 0, 0, NOW - 30, NOW, None, NOW + 30, 9, 0,
)  # fmt: skip
GLYPH = GLYPHS["unicode"]


def told(state: DeliveryState, at: float, channel: str = "mail") -> Delivery:
    return Delivery(channel, Event.FIRING, at, state)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"deliveries": (told(DeliveryState.RETRYING, NOW + 40), told(DeliveryState.PENDING, NOW + 90))},
         "mail retry in 0:40"),
        ({"deliveries": (told(DeliveryState.PENDING, NOW + 90),)}, "mail in 1:30"),
        ({"reasons": (Reason("alert", "throttled",
                             "hook was told at 2026-09-21T14:13:20.250Z, next from 2026-09-21T14:18:20.250Z"),)},
         "hook again in 5:00"),
        ({"state": AlertState.ACKNOWLEDGED, "acknowledged_by": "anna"}, "anna has it"),
        ({"state": AlertState.RESOLVED, "updated_at": NOW - 90_000}, "over for 1d"),
        ({"deliveries": (told(DeliveryState.DELIVERED, NOW),)}, "rescan in 0:28"),
    ],
)  # fmt: skip
def test_the_next_step_is_what_happens_first_by_itself(changed: dict[str, object], words: str) -> None:
    assert next_step(alert(SHOP, **changed), NOW, NOW + 28) == words  # type: ignore[arg-type]


def test_what_changed_just_before_is_told_with_how_long_before() -> None:
    earlier = change("PHP", NOW - 480, id=5)
    own = change(id=7)
    line = overview.before_words(
        alert(SHOP, changes=(own,)), Timeline(None, (own, earlier, change("old", NOW - 9999, id=1)), ())
    )
    assert line == "8m before: PHP: 1.25.3 → 1.27.1"


def test_strips_stand_still_where_nothing_was_seen() -> None:
    pulse = Pulse(NOW - 3600, NOW, (None, 2.0), (None, 0.0), (None, 100.0), (0, 1), (0, 0), 1, 1)
    lines = ["".join(text for text, _ in line) for line in overview.pulse_lines(pulse, 40, 5, GLYPH)]
    assert lines[0].startswith(" scans/s   ·········█")
    assert lines[0].endswith("2.0")
    assert len({len(line) for line in lines}) == 1
    assert overview.pulse_title(pulse) == ("Last 60 min", "")


@pytest.mark.parametrize(("count", "shown"), [(6, "6 sites"), (200, "one cell a site"), (1000, "one cell is 2 sites")])
def test_the_fleet_is_names_or_cells_of_which_the_worst_counts(count: int, shown: str) -> None:
    sites = [replace(SITE, name=f"s{at:04}", status="up", state="up") for at in range(count)]
    sites[-1] = replace(sites[-1], status="down", state="down")
    fleet = Fleet("5" * (count - 1) + "0", tuple(sites[::-1][:100]))
    assert shown in overview.heat_title(fleet, 102, 5)
    lines = ["".join(text for text, _ in line) for line in overview.heat_lines(fleet, 102, 5, GLYPH)]
    assert len(lines) == overview.heat_height(fleet, 102, 5)
    assert len(lines) <= 5
    assert "✖" in lines[-1] or lines[-1].endswith("█")


async def test_the_newest_change_is_seen_and_the_worst_alert_stands_under_the_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        assert world.table("#latest").cursor_index == 0
        assert world.table("#needs").cursor_index == 0
        assert "told ops-mail 14:13:20, ops-hook dead" in world.text
        assert "scans/s" in world.text


async def test_a_wide_screen_shows_fleet_chart_and_timeline_of_what_the_cursor_stands_on(tmp_path: Path) -> None:
    async with console(tmp_path, (200, 60)) as world:
        assert "Fleet: 3 sites" in world.text
        assert "shop: timeline" in world.text
        await world.press("down")
        assert "pay: timeline" in world.text
        assert "next look in 0:28" in world.text


async def test_below_forty_by_ten_there_is_one_line_and_the_keys_are_back_when_it_grows(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.pilot.resize_terminal(39, 9)
        await world.settled()
        shown = [line.strip() for line in world.lines() if line.strip()]
        assert len(shown) == 1
        assert shown[0].startswith("1 down 1 degr 2 unacked")
        await world.pilot.resize_terminal(80, 24)
        await world.settled()
        assert world.table("#needs").has_focus


async def test_what_was_read_too_long_ago_is_said_to_be_stale(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        world.clock.now += 42
        world.app.screen.beat(world.clock.now)  # type: ignore[attr-defined]
        await world.pilot.pause()
        assert "STALE 42s" in world.lines()[2]
