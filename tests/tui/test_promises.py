"""Nothing on screen, in help, in the palette or in a completion speaks of what the console cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.query.filters import complete
from tests.tui.console_world import console
from tui import keys
from tui.pages import every_page, lay_out
from tui.screens.help import setting_of

EMPTY = re.compile(r"silenc|escalat|snooze|databas|container|reports?\b(?!ed)|forecast|docker|\bplugin", re.IGNORECASE)
WALK = (
    "1", "2", "enter", "]", "]", "]", "]", "]", "]", "]", "]", "escape", "+", "escape", "3", "4", "]", "]", "]",
    "6", "]", "]", "]", "]", "ctrl+p", "escape",
)  # fmt: skip
LINES = ("rules", "channels", "secrets", "theme")


def promised(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if EMPTY.search(line)]


def test_no_key_and_no_command_promises_what_is_not_there() -> None:
    words = "\n".join(f"{each.words} {each.command} {each.arguments} {each.kinds}" for each in keys.ACTS.values())
    assert promised(words) == []


def test_no_help_page_promises_what_is_not_there() -> None:
    told = {
        each.name: promised("\n".join("".join(span.text for span in line) for line in lay_out(each.blocks, 400)))
        for each in every_page(setting_of())
    }
    assert {name: lines for name, lines in told.items() if lines} == {}


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_no_screen_promises_what_is_not_there(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        for key in WALK:
            await world.press(key)
            assert promised(world.text) == [], key
        for line in LINES:
            await world.press("colon", *line, "enter")
            assert promised(world.text) == [], line
            await world.press("escape")


def test_no_completion_of_a_filter_promises_what_is_not_there() -> None:
    offered = [
        each.text for typed in ("", "s", "state:", "kind:") for each in complete(typed, len(typed), lambda _: ())
    ]
    assert promised("\n".join(offered)) == []
