"""How old things are, on every pane and list that says so, and how soon a console says that its engine is gone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.view import SLICES
from tests.tui.console_world import World, console
from tests.tui.widgets.stage import is_harmless
from tui import news
from tui.news import ASK_AGAIN, READ_AGAIN

SIZES = ((80, 24), (40, 10))
# Every pane whose heading has an age: the keys that lead to it, its title ("" for the first), its interval in seconds.
PANES = [
    ("1", "Needs you", READ_AGAIN),
    ("1", "Latest changes", READ_AGAIN),
    ("1", "Sites (worst first)", READ_AGAIN),
    ("1", "Last 15 min", 15 * 60 / SLICES),
    ("1", "Engine", ASK_AGAIN),
    ("1", "first byte", READ_AGAIN),
    ("1", "timeline", READ_AGAIN),
    ("2", "pay", READ_AGAIN),
    ("6", "", ASK_AGAIN),
    ("6]", "", READ_AGAIN),
    ("6]]", "", ASK_AGAIN),
    ("6]]]", "", ASK_AGAIN),
    ("6]]]]", "", READ_AGAIN),
    ((*":rules", "enter"), "Rules", READ_AGAIN),
    ((*":channels", "enter"), "Channels", READ_AGAIN),
    ((*":secrets", "enter"), "Secrets", READ_AGAIN),
]
# Every list that has one; that of a site stands beside its name.
LISTS = [("2",), ("3",), ("4",), ("4", "]"), ("4", "["), ("6", "]"), ("2", "enter"), ("2", "enter", "]", "]")]


async def later(world: World, seconds: float) -> None:
    """Time passes without anything being read."""
    world.clock.now += seconds
    world.app.screen.beat(world.clock.now)  # type: ignore[attr-defined]
    await world.settled()


def age_of(world: World, title: str) -> str:
    """What stands at the right end of the heading with this title."""
    found = re.search(f"── [^─]*{re.escape(title)}[^─]*─+ ([^─]+) ──", world.text)
    assert found is not None, world.text
    return found[1]


@pytest.mark.parametrize(
    ("keys", "title", "every"), PANES, ids=[f"{''.join(keys)} {title}" for keys, title, _ in PANES]
)
async def test_a_pane_says_how_old_it_is_and_calls_it_stale_after_three_intervals(
    tmp_path: Path, keys: Sequence[str], title: str, every: float
) -> None:
    async with console(tmp_path, (200, 60)) as world:
        await world.press(*keys)
        await later(world, 2 * every)
        assert re.search(r"\d[ms]$", age_of(world, title))
        assert "STALE" not in age_of(world, title)
        await later(world, 2 * every)
        assert re.fullmatch(r"STALE (\d+m)?(\d+s)?", age_of(world, title))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("keys", LISTS, ids=" ".join)
async def test_a_list_says_how_old_it_is_and_calls_it_stale_after_three_intervals(
    tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    async with console(tmp_path, size) as world:
        await world.press(*keys)
        await later(world, 14)
        roomy = size[1] >= 20  # a low screen has no line for what need not worry anybody
        assert not roomy or any("14s" in line for line in world.lines()[:4]), world.text
        assert "STALE" not in world.text
        await later(world, 28)
        heading = next(line for line in world.lines()[1:] if "STALE 42s" in line)
        assert is_harmless(heading)
        assert all("STALE 42s" in table.render_line(0).text for table in world.tables() if table.display)
        await world.press("ctrl+r")
        await later(world, 1)
        assert "STALE" not in world.text


async def test_a_frozen_list_is_as_old_as_it_was(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3", ".")
        await later(world, 42)
        assert "STALE" not in world.text


async def test_an_engine_that_dies_is_told_within_five_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At worst it dies just after an answer, and its socket takes the next question without a word."""
    assert news.ASK_AGAIN + news.ANSWER_WITHIN < 5.0
    async with console(tmp_path) as world:
        socket = tmp_path / "data" / "engine.sock"
        socket.rename(tmp_path / "aside")
        async with await asyncio.start_unix_server(silent, socket):
            monkeypatch.setattr(news, "ANSWER_WITHIN", 0.05)
            assert "NO ENGINE" not in world.lines()[0]
            world.beats[news.ASK_AGAIN]()
            await world.settled()
            assert "NO ENGINE" in world.lines()[0]
            assert world.app.engine_trouble == "it does not answer"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything, to the end, and says nothing."""
    await reader.read()
    writer.close()
