"""Acts on the sites of rows: the same keys on all lists of the overview, on changes and on alerts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.console_world import World, console
from tests.tui.test_lists import notices
from tui.screens.site import SiteScreen
from tui.screens.target_form import TargetForm

WIDE = (200, 60)
PLACES = {  # where a row about `shop` is, which is T-1, and the row's identity
    "needs": ("1", "#needs", "A-1"), "latest": ("1", "#latest", 1), "fleet": ("1", "#fleet", 1),
    "changes": ("3", "#list", 1), "alerts": ("4", "#list", "A-1"),
}  # fmt: skip
by_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


async def stand_on(world: World, place: tuple[str, str, object]) -> None:
    screen, table, identity = place
    await world.press(screen)
    world.table(table).focus()
    assert world.table(table).move_to(identity)
    await world.settled()


async def paused(world: World) -> dict[str, bool]:
    return {each.name: each.paused for each in (await world.store.reader.load()).targets}


@by_place
async def test_r_looks_again_at_the_site_of_a_row(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, place)
        assert "r rescan" in world.lines()[-1]
        await world.press("r")
        assert ("soon", (1,)) in world.works.told
        assert "shop: looked at again soon" in notices(world)


@by_place
async def test_p_pauses_the_site_of_a_row_and_resumes_it(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, place)
        assert "p pause" in world.lines()[-1]
        await world.press("p")
        assert await paused(world) == {"shop": True, "pay": False, "blog": False}
        await stand_on(world, place)
        await world.press("p")
        assert await paused(world) == {"shop": False, "pay": False, "blog": False}


@by_place
async def test_t_and_e_open_the_site_of_a_row(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, place)
        await world.press("e")
        assert isinstance(world.app.screen, TargetForm)
        assert "Edit shop" in world.text
        await world.press("escape")
        await stand_on(world, place)
        await world.press("t")
        assert isinstance(world.app.screen, SiteScreen)
        assert "[Trends]" in world.text


@by_place
async def test_the_url_and_the_row_are_copied(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, place)
        await world.press("O")
        assert "no browser here; copied https://shop.test/" in notices(world)
        await world.press("y")
        assert "shop" in (tmp_path / "state" / "vedette" / "clip.txt").read_text()


@by_place
async def test_a_console_that_only_reads_has_neither(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE, flags=("readonly",)) as world:
        await stand_on(world, place)
        assert not {"r rescan", "p pause"} & set(world.lines()[-1].split("  "))
        await world.press("r", "p")
        assert world.works.told == []


@pytest.mark.parametrize("place", [PLACES[name] for name in ("needs", "changes", "alerts")])
async def test_marked_rows_are_acted_on_and_each_site_once(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, place)
        table = world.table(place[1])
        for at in range(table.rows.count()):
            if str(identity := table.rows.identity(at)).startswith("D-"):
                continue
            table.move_to(identity)
            await world.press("space")
        await world.press("r")
        [looked] = [told for what, told in world.works.told if what == "soon"]
        assert isinstance(looked, tuple)
        assert sorted(looked) == sorted(set(looked))
        assert set(looked) >= {1, 2}
        await world.press("p")
        assert {name for name, is_paused in (await paused(world)).items() if is_paused} >= {"shop", "pay"}


async def test_r_on_a_dead_letter_of_the_overview_tries_it_again(tmp_path: Path) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, ("1", "#needs", "D-2"))
        assert "r try again" in world.lines()[-1]
        await world.press("r")
        assert ("deliver", 2) in world.works.told
        assert [each for each in world.works.told if each[0] == "soon"] == []


async def test_a_row_whose_site_is_gone_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, WIDE) as world:
        await world.app.operations.remove_target("shop", world.app.options.actor)
        await stand_on(world, PLACES["changes"])
        await world.press("r")
        assert "its site is not watched any more" in notices(world)


@pytest.mark.parametrize("place", [PLACES[name] for name in ("needs", "latest", "changes", "alerts")])
async def test_o_opens_the_site_of_an_alert_and_of_a_change(tmp_path: Path, place: tuple[str, str, object]) -> None:
    async with console(tmp_path, WIDE) as world:
        await stand_on(world, place)
        await world.press("o")
        assert isinstance(world.app.screen, SiteScreen)
        assert world.app.screen.subject == "T-1"
