"""The list of sites: the last hour of those in view, and why the one under the cursor is as it is."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from core.model.target import Status
from core.query.filters import FIELDS, ranking
from tests.store.looks import NOW, look
from tests.tui.console_world import console
from tui.panes.peaks import KEPT_SECONDS, Peaks, peak_line
from tui.screens.sites import RANKS
from tui.theme import GLYPHS

GLYPH = GLYPHS["unicode"]


def test_peaks_are_wanted_once_a_minute_and_only_for_rows_in_view() -> None:
    peaks = Peaks()
    assert peaks.line(7, GLYPH) == " " * 12
    assert peaks.wanted((7, 8), NOW) == [7, 8]
    peaks.take({7: (None,) * 11 + (20.0,)}, NOW)
    assert peaks.line(7, GLYPH) == "···········▄"
    assert peaks.wanted((7,), NOW + KEPT_SECONDS - 1) == []
    assert peaks.wanted((7,), NOW + KEPT_SECONDS) == [7]


def test_a_slow_five_minutes_stand_out_of_a_steady_hour() -> None:
    assert peak_line((10.0,) * 11 + (40.0,), GLYPH) == "▂▂▂▂▂▂▂▂▂▂▂█"
    assert peak_line((None,) * 12, GLYPH) == "·" * 12


async def test_the_last_hour_stands_in_the_row_and_missing_minutes_are_dots(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        shop = (await world.store.reader.target("shop")).id
        await world.press("2")
        assert shop in world.table().in_view
        assert "··········▄·" in world.text


async def test_rows_that_come_into_view_are_read_and_others_are_not(tmp_path: Path) -> None:
    async with console(tmp_path, (80, 24)) as world:
        await world.press("2")
        pay = await world.store.reader.target("pay")
        await world.store.ledger.record([look(pay, NOW + 371, value=900.0)])
        before = world.text
        world.clock.now += 61
        world.app.screen.beat(world.clock.now)  # type: ignore[attr-defined]
        await world.settled()
        assert world.text != before


async def test_the_line_below_says_why_since_when_and_what_comes_next(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        assert "pay: down: timeout since 14:13:22  A-2 firing  next: ops-mail now" in world.text
        await world.press("G")
        assert "blog: up, last change" in world.lines()[-2]


async def test_a_wide_list_has_the_whole_story_beside_it(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("2")
        assert "what happened" in world.text
        assert "C  down: timeout" in world.text


@pytest.mark.parametrize("column", sorted(RANKS))
async def test_a_column_orders_sites_as_the_filter_language_does(tmp_path: Path, column: str) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "p")
        records = await world.app.view.sites(world.clock.now)
        theirs = ranking(FIELDS[column], world.clock.now)
        for one, other in itertools.product(records, records):
            ranks = [[rank(one), rank(other)] for rank in (RANKS[column], theirs)]
            assert [None in each for each in ranks] in ([True, True], [False, False])
            if None not in ranks[0]:
                assert (ranks[0][0] < ranks[0][1]) == (ranks[1][0] < ranks[1][1])  # type: ignore[operator]


async def test_a_site_that_changes_moves_alone_to_where_it_belongs_and_through_the_filter(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        assert [world.table().rows.identity(at) for at in range(3)] == [2, 1, 3]  # down, degraded, up
        before = world.table().rows
        for target, status in ((3, Status.DOWN), (2, Status.UP)):
            found = await world.store.reader.target(f"T-{target}")
            again = look(found, world.clock.now, status=status)
            await world.store.ledger.record([replace(again, run=replace(again.run, scans=50))])
        world.clock.now += 6
        await world.press("ctrl+r", "G")
        assert [world.table().rows.identity(at) for at in range(3)] == [3, 1, 2]
        assert world.table().rows is not before
        await world.press("slash", *"down", "enter")
        await world.pilot.pause(0.1)
        await world.settled()
        assert world.table().rows.count() == 1
        assert "1 of 3" in world.text
        found = await world.store.reader.target("T-1")
        again = look(found, world.clock.now, status=Status.DOWN)
        await world.store.ledger.record([replace(again, run=replace(again.run, scans=51))])
        world.clock.now += 6
        await world.press("ctrl+r")
        assert "+1 new (G)" in world.text
        await world.press("G")
        assert [world.table().rows.identity(at) for at in range(2)] == [3, 1]
        assert "2 of 3" in world.text


async def test_a_field_that_has_no_column_orders_the_list_too(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "slash", *"sort:failures-", "enter")
        await world.pilot.pause(0.1)
        await world.settled()
        assert world.table().rows.identity(0) == 2
