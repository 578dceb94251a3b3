"""Composing only the lines that differ gives what Textual's own compositor would give for them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region

from tests.tui.console_world import World, console
from tui.screens.composing import Composing
from tui.shown import Shown


def composed(world: World, kind: type[Compositor], regions: list[Region]) -> str:
    """What would be sent to a terminal that shows nothing yet."""
    screen = world.app.screen
    screen._compositor._dirty_regions.clear()
    screen._compositor._dirty_regions.update(regions)
    update = kind.render_partial_update(screen._compositor)
    assert isinstance(update, ChopsUpdate)
    return Shown().differing(update, screen.size.width, screen.size.height, ColorSystem.TRUECOLOR)


def somewhere(chance: random.Random, width: int, height: int) -> Region:
    x, y = chance.randrange(width), chance.randrange(height)
    return Region(x, y, chance.randint(1, width - x), chance.randint(1, min(4, height - y)))


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
@pytest.mark.parametrize("keys", ["", "2", "2jw", "4", "6", "?", ":"])
async def test_any_regions_look_the_same(tmp_path: Path, size: tuple[int, int], keys: str) -> None:
    chance = random.Random(7)
    async with console(tmp_path, size) as world:
        await world.press(*keys)
        for _ in range(20):
            regions = [somewhere(chance, *size) for _ in range(chance.randint(1, 4))]
            assert composed(world, Composing, regions) == composed(world, Compositor, regions)


async def test_where_nothing_is_to_be_drawn_nothing_is_composed(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        compositor = world.app.screen._compositor
        compositor._dirty_regions.clear()
        assert isinstance(compositor, Composing)
        assert compositor.render_partial_update() is None
