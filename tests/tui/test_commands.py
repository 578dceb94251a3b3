"""The `:` line: what it does, what it refuses and says so under itself, and what it completes."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from core.model.alert import AlertState
from core.model.change import Verdict
from tests.tui.console_world import HOSTILE, World, console
from tests.tui.widgets.stage import is_harmless
from tui import keys
from tui.commands import REGISTRY
from tui.screens.command import CommandLine
from tui.screens.help import HelpScreen
from tui.screens.site import SiteScreen

SIZES = ((80, 24), (40, 10))


async def type_line(world: World, line: str) -> None:
    """Open the line, write into it and press enter."""
    await world.press("colon")
    world.app.screen.query_one(Input).value = line
    await world.press("enter")


def test_every_row_of_the_registry_is_a_command_of_the_table() -> None:
    assert set(REGISTRY) <= set(keys.COMMANDS)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("line", "mode", "shown"),
    [
        ("sites down", "sites", "pay"),
        (":changes sev>=low", "changes", "blog"),
        ("alerts firing", "alerts", "pay"),
        ("system audit", "system", "target.add"),
        ("alert A-2", "alerts", "pay"),
        ("change C-1", "changes", "shop"),
        ("overview", "overview", "A-2"),
    ],
)
async def test_a_line_goes_to_a_screen(tmp_path: Path, size: tuple[int, int], line: str, mode: str, shown: str) -> None:
    async with console(tmp_path, size) as world:
        await type_line(world, line)
        assert world.app.current_mode == mode
        assert shown in world.text
        assert len(world.app.screen_stack) == 1


async def test_a_filter_of_a_line_is_in_force(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "sites down")
        assert world.table().rows.count() == 1
        await type_line(world, "filter up")
        assert "1 of 3" in world.text
        assert "blog" in world.text


async def test_a_site_is_opened_by_its_name_and_left_again(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "site shop")
        assert isinstance(world.app.screen, SiteScreen)
        assert "https://shop.test/" in world.text
        await world.press("escape")
        assert len(world.app.screen_stack) == 1


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stes", "did you mean ':sites'?"),
        ("site shpo", "shop"),
        ("sites ((", "^"),
        ("filter down", "no list here"),
        ("ack", ":ack wants ALERT"),
        ("ack A-99", "A-99"),
        ("verdict C-1 perhaps", "real or noise"),
        ("theme plaid", "no theme"),
        ("help nowhere", "no page"),
        ("system broken", "no tab"),
        ("overview down", "takes nothing"),
        ("scan shpo", "shop"),
        ("\x1b[2J", "␛"),
        (HOSTILE, "no command"),
    ],
)
async def test_what_cannot_be_done_is_said_under_the_line(
    tmp_path: Path, size: tuple[int, int], line: str, told: str
) -> None:
    async with console(tmp_path, size) as world:
        await type_line(world, line)
        screen = world.app.screen
        assert isinstance(screen, CommandLine)
        assert screen.query_one(Input).value
        if size == (80, 24):
            assert told in "".join(world.lines()[-2:]) or told == "^"
        assert all(is_harmless(each) for each in world.lines())
        assert world.works.told == []
        await world.press("escape")
        assert len(world.app.screen_stack) == 1


async def test_acts_of_a_line_go_to_the_engine(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "ack A-1 rolling back")
        assert (await world.states())[1] is AlertState.ACKNOWLEDGED
        assert {each.note for each in await world.store.reader.alerts()} >= {"rolling back"}
        await type_line(world, "resolve a-2 it was us")
        assert (await world.states())[2] is AlertState.RESOLVED
        await type_line(world, "verdict C-1 noise")
        assert (await world.store.reader.change("C-1")).verdict is Verdict.NOISE
        await type_line(world, "ack C-1")
        assert (await world.store.reader.change("C-1")).verdict is Verdict.EXPECTED
        await type_line(world, "scan shop")
        await type_line(world, "rescan down")
        soon = [told for told in world.works.told if told[0] == "soon"]
        assert len(soon) == 2
        await type_line(world, "requeue D-2")
        assert [told[0] for told in world.works.told].count("deliver") == 1


async def test_sites_are_paused_and_resumed_by_name_or_filter(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "pause tag:eu")
        assert all(each["paused"] for each in await world.store.reader.targets())
        assert "3 sites: paused" in world.app.told
        await type_line(world, "resume shop")
        paused = {each["name"] for each in await world.store.reader.targets() if each["paused"]}
        assert paused == {"pay", "blog"}
        await type_line(world, "resume shop")
        assert "resumed already" in world.lines()[-1]


async def test_a_dead_letter_is_dropped_only_after_yes(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "drop D-2")
        assert "for good?" in world.text
        await world.press("n")
        assert [told[0] for told in world.works.told].count("drop") == 0
        await type_line(world, "drop D-2")
        await world.press("y")
        assert [told[0] for told in world.works.told].count("drop") == 1


async def test_a_console_that_may_only_read_refuses_and_offers_no_acts(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("readonly",)) as world:
        await type_line(world, "ack A-1")
        assert "read-only" in world.lines()[-1]
        await world.press("escape", "colon", "a", "tab")
        assert "ack" not in world.lines()[-1].split()
        assert set((await world.states()).values()) == {AlertState.FIRING}


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sit", "site "),
        ("site sh", "site shop"),
        ("theme deu", "theme deuteranopia"),
        ("ack A-", "ack A-2"),
        ("verdict C-1 n", "verdict C-1 noise"),
        ("sites tag:e", "sites tag:eu"),
        ("scan tag:e", "scan tag:eu"),
        ("alerts res", "alerts resolved"),
        ("system au", "system audit"),
        ("help them", "help themes"),
        ("requeue D", "requeue D-2"),
    ],
)
async def test_tab_completes_names_and_then_what_there_is(tmp_path: Path, typed: str, completed: str) -> None:
    async with console(tmp_path) as world:
        await world.press("colon")
        world.app.screen.query_one(Input).value = typed
        world.app.screen.query_one(Input).cursor_position = len(typed)
        await world.press("tab")
        assert world.app.screen.query_one(Input).value == completed


async def test_tab_again_takes_the_next_and_shift_tab_the_one_before(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("colon", "s", "tab")
        first = world.app.screen.query_one(Input).value
        await world.press("tab")
        assert world.app.screen.query_one(Input).value != first
        await world.press("shift+tab")
        assert world.app.screen.query_one(Input).value == first


async def test_up_brings_back_what_was_typed_before(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "theme light")
        await type_line(world, "theme dark")
        await world.press("colon", "x", "up")
        assert world.app.screen.query_one(Input).value == "theme dark"
        await world.press("up")
        assert world.app.screen.query_one(Input).value == "theme light"
        await world.press("down", "down")
        assert world.app.screen.query_one(Input).value == "x"


async def test_escape_leaves_the_line_and_does_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("colon", *"theme light", "escape")
        assert world.app.skin.name == "dark"
        assert len(world.app.screen_stack) == 1


async def test_help_and_theme_and_freeze_and_quit_by_line(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "help filter")
        assert isinstance(world.app.screen, HelpScreen)
        assert world.app.screen.page_name == "filter"
        await world.press("escape")
        await type_line(world, "theme light")
        assert world.app.theme == "light"
        await type_line(world, "freeze")
        assert "FROZEN" in world.lines()[0]


async def test_help_names_the_commands_that_are_here_and_no_others(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 60)) as world:
        await type_line(world, "help commands")
        shown = str(world.app.screen.query_one("#help-text").visual)  # type: ignore[attr-defined]
        assert all(f":{name}" in shown for name in REGISTRY)
        assert [name for name in set(keys.COMMANDS) - set(REGISTRY) if f":{name} " in shown] == []


async def test_the_palette_offers_commands_too(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("ctrl+p")
        await world.press(*"theme")
        assert ":theme [NAME]" in world.text
