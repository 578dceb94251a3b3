"""What is pasted was written by somebody: it is text in every field, Textual's own ones too."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from core.text import safe
from tests.tui.console_world import HOSTILE, console
from tui.app import MOST_PASTED

FIELDS = {
    "a note": ("4", "A"), "search in help": ("question_mark", "slash"), "a file": ("x",), "the palette": ("ctrl+p",),
    "a command": ("colon",), "a filter": ("2", "slash"), "a form": ("2", "plus"),
}  # fmt: skip


@pytest.mark.parametrize("keys", FIELDS.values(), ids=FIELDS)
async def test_pasted_sequences_are_pictures_of_themselves(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with console(tmp_path) as world:
        await world.press(*keys)
        world.app.post_message(events.Paste(HOSTILE))
        await world.settled()
        assert isinstance(world.app.focused, Input)
        assert safe(HOSTILE)[:20] in world.app.focused.value
        assert [each for each in world.lines() if safe(each) != each] == []


async def test_a_megabyte_is_cut_before_it_is_looked_at(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "x")
        pasted = events.Paste("\u202e" * 1_000_000)
        world.app.post_message(pasted)
        await world.settled()
        assert len(pasted.text) <= MOST_PASTED
        await world.press("escape", "2")
        assert "[2 Sites]" in world.text
