"""Keys of questions, help, differences and forms that no other test presses, each with what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model.change import Verdict
from tests.tui.console_world import World, console
from tests.tui.test_entries import command
from tests.tui.test_help import Helped
from tests.tui.test_target_form import form
from tests.tui.widgets.stage import Stage, role
from tui.widgets.diffview import DiffView


@pytest.mark.parametrize(("key", "verdict"), [("r", Verdict.REAL), ("e", Verdict.EXPECTED)])
async def test_a_change_is_called_real_or_expected(tmp_path: Path, key: str, verdict: Verdict) -> None:
    async with console(tmp_path) as world:
        await world.press("3", "v", key)
        verdicts = {each.id: each.verdict for each in await world.store.reader.changes()}
        assert verdicts[world.table().cursor] is verdict  # type: ignore[index]


async def test_a_help_page_goes_down_and_up(tmp_path: Path) -> None:
    app = Helped("filter")
    async with app.run_test(size=(80, 24)) as pilot:
        body = app.help.query_one("HelpBody")
        await pilot.press("down", "down", "up")
        await pilot.pause(0.3)
        assert body.scroll_offset.y == 1
        await pilot.press("pagedown", "pageup")
        await pilot.pause(0.3)
        assert body.scroll_offset.y <= 1


async def test_a_difference_goes_line_by_line_page_by_page_and_to_its_start() -> None:
    view = DiffView(role=role)
    app = Stage(lambda: view)
    async with app.run_test(size=(80, 24)) as pilot:
        view.show("", "\n".join(f"line {at}" for at in range(200)))
        view.focus()
        await pilot.pause()

        async def after(*keys: str) -> int:
            await pilot.press(*keys)
            await pilot.pause(0.3)
            return int(view.scroll_target_y)

        assert await after("j", "j", "k") == 1
        page = await after("ctrl+d")
        assert page > 2
        assert await after("ctrl+u") < page
        assert await after("g") == 0


async def test_an_export_that_is_left_writes_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        before = {each.name for each in tmp_path.iterdir()}
        await world.press("x", "escape")
        assert {each.name for each in tmp_path.iterdir()} == before


async def test_a_form_s_page_goes_down_and_up(tmp_path: Path) -> None:
    async with console(tmp_path, (40, 10)) as world:
        await world.press("2", "plus")
        assert form(world).field is not None
        top = fields_in_view(world)
        await world.press("pagedown")
        assert fields_in_view(world) != top
        await world.press("pageup", "pageup")
        assert fields_in_view(world) == top


def fields_in_view(world: World) -> list[str]:
    return world.lines()[2:-2]


async def test_a_theme_is_chosen_up_and_down(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await command(world, "theme")
        before = world.app.skin.name
        await world.press("down", "up")
        assert world.app.skin.name == before
