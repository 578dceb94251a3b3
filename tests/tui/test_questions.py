"""What stands over the screens: the palette, the questions about the watch, a line that was refused, a notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.console_world import FixedLife, World, console
from tests.tui.snapshots_of import SIZES, check_snapshot
from tests.tui.test_dressing import saved
from tests.tui.test_life import asked, socket_of
from tui.screens.life import AskLeave, AskTakeOver

sizes = pytest.mark.parametrize("size", SIZES, ids=str)


@sizes
async def test_the_palette_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("ctrl+p")
        await world.until(lambda: "Search for" in world.text or "verview" in world.text, "the palette is there")
        await world.settled()
        check_snapshot(world, "palette", size)
        await world.press(*"pause")
        check_snapshot(world, "palette-typed", size)


@sizes
async def test_the_question_what_becomes_of_the_watch_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("q")
        assert isinstance(world.app.screen, AskLeave)
        check_snapshot(world, "leave", size)


@sizes
async def test_the_question_whether_to_take_over_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    life = FixedLife(here=False)
    async with console(tmp_path, size, life=life) as world:
        socket_of(tmp_path).rename(tmp_path / "aside")
        life.free = True
        await asked(world)
        assert isinstance(world.app.screen, AskTakeOver)
        check_snapshot(world, "take-over", size)


@sizes
async def test_a_line_that_was_refused_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("colon", *"pouse", "space", *"shop", "enter")
        check_snapshot(world, "line-refused", size)


@sizes
async def test_the_notice_of_a_theme_s_mistake_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    path = saved(folder, "#112233")
    async with console(tmp_path, size, theme="mine", themes=[folder], flags=("notices",)) as world:
        path.write_text(path.read_text("utf-8").replace('primary = "#112233"', 'primry = "#112233"'), "utf-8")
        await world.until(lambda: notice(world) != "", "the mistake is on the screen")
        assert "mine.toml:" in notice(world)
        check_snapshot(world, "theme-mistake", size)


def notice(world: World) -> str:
    """What a notice on the screen says; empty while there is none."""
    text = " ".join(part for line in world.lines() for part in line.split("▌")[1:])
    return " ".join(text.split()) if "primry" in " ".join(text.split()) else ""


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (120, 40)], ids=str)
@pytest.mark.parametrize("words", ["chmod -r", "chmod o-r", "chmod go-rwx"])
async def test_of_two_notices_the_later_one_is_not_hidden_however_the_first_breaks(
    tmp_path: Path, size: tuple[int, int], words: str
) -> None:
    async with console(tmp_path, size, flags=("notices",)) as world:
        world.app.tell(f"warning: everybody may read this file (mode 0644): {words} /srv/{'deep/' * 8}vedette.toml")
        world.app.tell("settings: 0 errors")
        await world.settled()
        assert "settings: 0 errors" in world.text
