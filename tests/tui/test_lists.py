"""What can be done to every list: facets, filter by a cell, columns, marks, bulk acts, and a filter for each list."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from core.model.alert import AlertState, DeliveryState
from core.model.change import Verdict
from tests.tui.console_world import World, console
from tests.tui.widgets.stage import is_harmless
from tui.screens.ask import AskCount
from tui.screens.pick import Pick

SIZES = ((80, 24), (40, 10))


def names(world: World) -> list[str]:
    rows = world.table().rows
    return [rows.cells(index)[1].text for index in range(rows.count())]


def notices(world: World) -> str:
    return " ".join(world.app.told)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_values_of_a_column_are_counted_and_filter_the_list(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("2", "f")
        assert isinstance(world.app.screen, Pick)
        assert all(is_harmless(line) for line in world.lines())
        assert "3 values in 3 rows" in world.text
        assert "33 %" in world.text
        await world.press("enter")
        assert world.app.screen.bar.in_force.startswith("state=")  # type: ignore[attr-defined]
        assert world.table().rows.count() == 1


async def test_several_values_are_taken_together(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "f", "space", "space", "enter")
        assert world.table().rows.count() == 2
        await world.press("f", "escape")
        assert world.table().rows.count() == 2


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_cell_narrows_the_list_to_what_is_like_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("2", "G", "right", "right", "right", "equals_sign")
        bar = world.app.screen.bar  # type: ignore[attr-defined]
        assert bar.in_force
        assert world.table().rows.count() >= 1
        asked = bar.in_force
        await world.press("equals_sign")
        assert bar.in_force == asked
        await world.press("escape")
        assert world.table().rows.count() == 3


async def test_the_arrows_walk_over_the_cells_and_the_heading_says_where(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        table = world.table()
        assert table.column == "state"
        await world.press("right", "right")
        assert table.column == "name"
        await world.press("left", "left", "left")
        assert table.column == "state"


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_columns_are_chosen_from_a_list_or_by_a_command(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("2", "C", "j", "j", "space", "enter")
        assert "ttfb_ms" not in world.table().chosen_columns
        assert "TTFB" not in world.lines()[2] + world.lines()[1]
        await world.press("colon", *"columns +ttfb -site", "enter")
        assert "ttfb_ms" in world.table().chosen_columns
        assert "name" not in world.table().chosen_columns
        await world.press("colon", *"columns", "enter")
        assert "name" in world.table().chosen_columns
        await world.press("colon", *"columns +nonsense", "enter")
        assert "there is no column" in world.text


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_wide_columns_show_whole_cells_and_the_arrows_bring_the_others(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(tmp_path, size) as world:
        await world.press("2", "w", *["right"] * 14)
        heading = next(line for line in world.lines() if "SITE" in line)
        assert "OWNER" in heading
        assert all(is_harmless(line) for line in world.lines())
        await world.press("w", "left")
        assert world.table().rows.count() == 3


@pytest.mark.parametrize("mode", ["1", "2", "3", "4"])
async def test_the_next_problem_is_found_on_every_list(tmp_path: Path, mode: str) -> None:
    async with console(tmp_path) as world:
        await world.press(mode, "n", "N", "n")
        assert len(world.app.screen_stack) == 1


async def test_each_tab_keeps_its_own_filter_and_marks(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "slash", *"pay", "enter")
        assert world.table().rows.count() == 1
        await world.press("space", "[")
        assert str(world.table().cursor).startswith("D-")
        assert not world.table().marks
        await world.press("]")
        assert world.table().rows.count() == 1
        assert world.table().marks
        assert "pay" in world.text
        assert "1 of 2" in world.text


async def test_dead_letters_are_filtered_by_their_own_fields(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "[", "slash", *"attempts>20", "enter")
        assert world.table().rows.count() == 0
        await world.press("escape")
        assert world.table().rows.count() == 1


async def test_marked_rows_that_the_filter_hides_are_left_alone_and_counted(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "space", "space", "slash", *"pay", "enter")
        assert "2 marked, 1 hidden" in world.text
        await world.press("p")
        paused = [told for told in world.works.told if told[0] == "watch"]
        assert len(paused) == 1
        assert "1 marked that the filter hides is left alone" in notices(world)
        await world.press("escape")
        assert len(world.table().marked) == 2


async def test_a_list_that_is_not_read_while_another_is_shown_knows_its_own_age(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3", "2")
        news, at = world.app.news, world.clock.now
        world.clock.now += 9
        await world.app.read()
        assert (news.seen["changes"], news.seen["sites"]) == (at, at + 9)
        assert news.oldest(("sites", "changes")) == at
        assert news.oldest(("sites", "jobs")) is None


@pytest.mark.parametrize("key", ["r", "p", "e", "X", "O"])
async def test_with_all_marks_hidden_nothing_is_done_and_that_is_said(tmp_path: Path, key: str) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "space", "slash", *"blog", "enter")
        await world.press(key)
        assert world.works.told == []
        assert len(world.app.screen_stack) == 1
        assert "1 marked that the filter hides is left alone" in notices(world)


async def test_removing_says_which_marked_sites_it_leaves_alone(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "space", "space", "slash", *"pay", "enter")
        await world.press("X")
        asked = " ".join(" ".join(world.lines()).split())
        assert "Stop watching pay for good?" in asked
        assert "1 marked that the filter hides is left alone" in asked


async def test_a_verdict_goes_to_all_marked_changes(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3", "space", "space", "v", "e")
        verdicts = [each.verdict for each in await world.store.reader.changes()]
        assert verdicts.count(Verdict.EXPECTED) == 2


async def test_one_refusal_does_not_stop_the_others(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "space", "space", "R")
        await world.store.ledger.set_alert_state(1, AlertState.RESOLVED, world.app.options.actor, "", world.clock.now)
        await world.press("enter")
        assert set((await world.states()).values()) == {AlertState.RESOLVED}
        assert "1 of 2 done" in notices(world)


async def test_one_dead_letter_is_dropped_after_yes(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "[", "X", "n")
        assert len(await world.store.reader.deliveries(states=(DeliveryState.DEAD,))) == 1
        await world.press("X", "y")
        assert await world.store.reader.deliveries(states=(DeliveryState.DEAD,)) == []


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_destroys_many_wants_their_number(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("2", "space", "space", "X")
        assert isinstance(world.app.screen, AskCount)
        await world.press("3", "enter")
        assert "that is not 2" in world.text
        assert len(await world.store.reader.targets()) == 3
        await world.press("backspace", "2", "enter")
        assert len(await world.store.reader.targets()) == 1


async def test_a_filter_is_saved_as_a_view_for_everybody_and_comes_back_by_its_name(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", ">", "slash", *"tag:eu")
        await world.press("ctrl+s", *"europe", "enter", "escape")
        assert "view europe saved" in notices(world)
        entries = await world.store.reader.audit_entries(5)
        assert (entries[0].action, entries[0].subject, entries[0].actor) == ("view.put", "europe", "anna")
        await world.press("escape", "1", "colon", *"view europe", "enter")
        await world.settled()
        assert world.app.screen.bar.in_force == "tag:eu"  # type: ignore[attr-defined]
        assert world.table().sort.key == "name"  # type: ignore[union-attr]


async def test_a_view_of_a_tab_opens_that_tab(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "[", "colon", *"save letters", "enter", "1", "colon", *"view letters", "enter")
        await world.settled()
        assert str(world.table().cursor).startswith("D-")


async def test_a_view_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("colon", *"view nowhere", "enter")
        assert "there is no view 'nowhere'" in world.text


async def test_readonly_saves_no_view(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("readonly",)) as world:
        await world.press("2", "slash", *"up", "ctrl+s")
        assert "read-only" in notices(world)
        assert await world.app.view.views() == {}


async def test_a_saved_view_is_forgotten_by_its_name_and_from_the_palette(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        for name in ("night shift", "europe"):
            await world.app.operations.save_view(name, '{"screen": "sites"}', world.app.options.actor)
        await world.press("colon", *"unsave night", "tab", "enter")
        assert "view night shift forgotten" in notices(world)
        assert set(await world.app.view.views()) == {"europe"}
        await world.press("colon", *"unsave night shift", "enter")
        assert "there is no view 'night shift'; there are europe" in world.text
        await world.press("escape", "ctrl+p", *"Forget view europe", "enter")
        assert await world.app.view.views() == {}
        acts = [each.action for each in await world.store.reader.audit_entries()]
        assert acts[:2] == ["view.remove", "view.remove"]


async def test_readonly_forgets_no_view(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("readonly",)) as world:
        await world.app.operations.save_view("europe", '{"screen": "sites"}', world.app.options.actor)
        await world.press("ctrl+p", *"view europe")
        assert "View europe" in world.text
        assert "Forget" not in world.text
        await world.press("escape", "colon", *"unsave europe", "enter")
        assert set(await world.app.view.views()) == {"europe"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"screen": "sites", "sort": [1]}', "is damaged"),
        ('{"screen": "nowhere"}', "is of no list"),
        ('{"screen": "overview"}', "is of no list"),
        ('{"screen": "sites", "filter": "nonsense>1"}', "nonsense"),
    ],
)
async def test_a_damaged_view_is_told_and_changes_nothing(tmp_path: Path, text: str, told: str) -> None:
    async with console(tmp_path) as world:
        await world.app.operations.save_view("odd", text, world.app.options.actor)
        await world.press("2", "colon", *"view odd", "enter")
        await world.settled()
        assert told in world.text
        await world.press("escape")
        assert world.table().rows.count() == 3


async def test_saved_views_stand_in_the_palette(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        made = '{"screen": "sites", "list": "sites", "filter": "tag:eu", "later": 1}'
        await world.app.operations.save_view("europe", made, world.app.options.actor)
        await world.press("ctrl+p", *"View europe")
        assert "View europe" in world.text
        await world.press("enter")
        await world.settled()
        assert world.app.screen.bar.in_force == "tag:eu"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("tab", "text", "count"),
    [
        ("queue", "dead", 1),
        ("queue", "attempts>20", 0),
        ("workers", "worker", 2),
        ("channels", "hook", 1),
        ("audit", "action:target.add", 3),
        ("audit", "actor:nobody", 0),
    ],
)
async def test_the_lists_of_the_system_are_filtered_too(tmp_path: Path, tab: str, text: str, count: int) -> None:
    async with console(tmp_path) as world:
        await world.press("colon", *f"system {tab}", "enter")
        whole = world.table().rows.count()
        await world.press("slash", *text, "enter")
        await world.pilot.pause(0.1)
        await world.settled()
        assert world.table().rows.count() == count
        assert f"{count} of {whole}" in world.text
        await world.press("escape")
        assert world.table().rows.count() == whole


async def test_where_there_is_no_list_nothing_is_filtered(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        for mode in ("6", "1"):
            await world.press(mode, "slash")
            assert not isinstance(world.app.focused, Input)
            await world.press("colon", *"filter up", "enter")
            assert "there is no list here that could be filtered" in world.text
            await world.press("escape")
