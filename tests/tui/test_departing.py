"""A message that comes to a screen on its way out finds parts missing, and is no fault; while it stands it is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.css.query import NoMatches
from textual.events import Callback

from tests.tui.console_world import console
from tui.screens.command import CommandLine


async def test_a_message_under_way_to_a_line_that_was_left_does_not_end_the_console(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("colon")
        line = world.app.screen
        assert isinstance(line, CommandLine)
        await world.press("escape")
        await line._dispatch_message(Callback(callback=lambda: line.query_one("#gone")))
        assert world.app.is_running


async def test_what_a_standing_screen_misses_is_a_fault(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        screen = world.app.screen
        with pytest.raises(NoMatches):
            await screen._dispatch_message(Callback(callback=lambda: screen.query_one("#never-there")))
