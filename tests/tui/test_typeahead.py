"""Keys that come in one piece, as over a slow line, do what they would do one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from tests.tui.console_world import World, console
from tui.screens.command import CommandLine
from tui.widgets.filterbar import FilterBar


def type_at_once(world: World, keys: Sequence[str]) -> None:
    for key in keys:
        world.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_a_command_typed_in_one_piece_rescans_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        type_at_once(world, ["colon", *"rules"])
        await world.settled()
        assert isinstance(world.app.screen, CommandLine)
        assert world.app.screen.query_one(Input).value == "rules"
        assert not [what for what, _ in world.works.told if what == "soon"]


async def test_keys_go_where_the_one_before_them_led(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        type_at_once(world, ["2", "slash", *"shop", "enter", "j", "3", "1"])
        await world.settled()
        assert world.app.current_mode == "overview"
        await world.press("2")
        assert world.app.screen.query_one(FilterBar).in_force == "shop"


async def test_what_is_pasted_behind_a_key_goes_into_the_line_that_it_opens(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        type_at_once(world, ["colon"])
        world.app.post_message(events.Paste("rescan shop"))
        await world.settled()
        assert world.app.screen.query_one(Input).value == "rescan shop"


@pytest.mark.parametrize("count", [300])
async def test_many_keys_at_once_are_all_taken_in_order(tmp_path: Path, count: int) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        type_at_once(world, ["colon", *("abcdefghij" * (count // 10))])
        await world.settled()
        assert world.app.screen.query_one(Input).value == "abcdefghij" * (count // 10)
