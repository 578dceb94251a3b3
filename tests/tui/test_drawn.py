"""Lines that are drawn without Textual's own text look as if it had drawn them, and can be selected."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.widget import Widget

from tests.tui.console_world import console
from tui.panes.paint import Drawn

Cell = tuple[str, str]


def cells(widget: Drawn) -> list[list[Cell]]:
    """Letters and their colours, without blanks at the ends of lines, which have none of their own."""
    lines: list[list[Cell]] = []
    for y in range(widget.size.height):
        strip = widget.render_line(y)
        found = [
            (letter, strip.render_ansi(style, ColorSystem.TRUECOLOR) if style and letter != " " else "")
            for text, style, _ in strip
            for letter in text
        ]
        while found and found[-1][0] == " ":
            found.pop()
        lines.append(found)
    return lines


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (50, 16)])
async def test_drawn_lines_look_as_textual_would_draw_them(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        for key in "12346":
            await world.press(key)
            for each in world.app.screen.query(Drawn):
                quick = cells(each)
                Widget._render_content(each)
                assert cells(each) == quick, f"#{each.id} on screen {key}"


async def test_under_the_mouse_drawn_lines_can_be_selected(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.pilot.mouse_down("#verdict", offset=(1, 0))
        await world.pilot.hover("#verdict", offset=(12, 0))
        await world.pilot.mouse_up("#verdict", offset=(12, 0))
        await world.settled()
        assert "down" in (world.app.screen.get_selected_text() or "")
