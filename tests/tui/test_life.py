"""Who watches, what the console does when nobody does, and what becomes of the watch when it is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual._context import active_app

from tests.tui.console_world import FixedLife, World, console
from tui.screens.life import AskLeave, AskTakeOver


async def asked(world: World) -> None:
    """Two seconds have passed."""
    await world.app.run_worker(world.app.lifeline.ask()).wait()
    await world.settled()


class LookingLife(FixedLife):
    """Sees what the console knows when the engine begins."""

    def begin(self) -> str:
        self.known = dict(active_app.get().news.counts)  # type: ignore[attr-defined]
        return super().begin()


def socket_of(folder: Path) -> Path:
    return folder / "data" / "engine.sock"


async def test_what_was_stored_last_is_shown_before_the_engine_begins(tmp_path: Path) -> None:
    life = LookingLife()
    async with console(tmp_path, life=life):
        assert life.known["target.down"] == 1


async def test_an_engine_elsewhere_that_is_gone_is_told_with_its_process_and_taken_over(tmp_path: Path) -> None:
    life = FixedLife(here=False)
    async with console(tmp_path, life=life) as world:
        assert "attached" in world.lines()[0]
        socket_of(tmp_path).rename(tmp_path / "aside")
        life.free = True
        await asked(world)
        assert isinstance(world.app.screen, AskTakeOver)
        assert "the engine (process 4711) has ended" in world.text
        assert "NO ENGINE" in world.lines()[0]
        life.here = True
        (tmp_path / "aside").rename(socket_of(tmp_path))
        await world.press("enter")
        assert life.done == ["begin", "begin"]
        assert "engine here" in world.lines()[0]
        assert not isinstance(world.app.screen, AskTakeOver)


async def test_who_looks_on_may_take_over_later(tmp_path: Path) -> None:
    life = FixedLife(here=False)
    async with console(tmp_path, life=life) as world:
        socket_of(tmp_path).rename(tmp_path / "aside")
        life.free = True
        await asked(world)
        await world.press("escape")
        assert "^t starts the engine here" in world.lines()[-1]
        await asked(world)
        assert not isinstance(world.app.screen, AskTakeOver), "one is asked once"
        await world.press("ctrl+t", "enter")
        assert life.done == ["begin", "begin"]


async def test_an_engine_that_holds_its_lease_is_not_taken_over(tmp_path: Path) -> None:
    async with console(tmp_path, life=FixedLife(here=False)) as world:
        socket_of(tmp_path).rename(tmp_path / "aside")
        await asked(world)
        assert "NO ENGINE" in world.lines()[0]
        assert not isinstance(world.app.screen, AskTakeOver)
        assert "^t" not in world.text


async def test_an_engine_that_comes_back_is_taken_at_once(tmp_path: Path) -> None:
    life = FixedLife(here=False)
    async with console(tmp_path, life=life) as world:
        socket_of(tmp_path).rename(tmp_path / "aside")
        life.free = True
        await asked(world)
        (tmp_path / "aside").rename(socket_of(tmp_path))
        await asked(world)
        assert not isinstance(world.app.screen, AskTakeOver)
        assert "attached" in world.lines()[0]


async def test_a_takeover_that_fails_says_why_and_can_be_tried_again(tmp_path: Path) -> None:
    life = FixedLife(here=False)
    async with console(tmp_path, life=life) as world:
        socket_of(tmp_path).rename(tmp_path / "aside")
        life.free, life.refused = True, "the disk is full"
        await asked(world)
        await world.press("enter")
        assert world.app.told == ["the disk is full"]
        assert "^t starts the engine here" in world.lines()[-1]


async def test_an_engine_here_that_fails_says_why_and_is_started_again(tmp_path: Path) -> None:
    life = FixedLife()
    async with console(tmp_path, life=life) as world:
        socket_of(tmp_path).rename(tmp_path / "aside")
        life.why, life.free = "the engine here has ended: out of memory", True
        await asked(world)
        assert "the engine here has ended: out of memory" in world.text
        (tmp_path / "aside").rename(socket_of(tmp_path))
        await world.press("enter")
        assert life.done == ["begin", "begin"]
        assert "engine here" in world.lines()[0]


async def test_where_another_engine_follows_ours_we_attach_to_it(tmp_path: Path) -> None:
    life = FixedLife()
    async with console(tmp_path, life=life) as world:
        life.why = "the engine here has ended"
        await asked(world)
        assert life.done == ["begin", "attach"]
        assert "attached" in world.lines()[0]


async def test_read_only_looks_on_without_an_offer(tmp_path: Path) -> None:
    life = FixedLife(here=False, free=True)
    async with console(tmp_path, life=life, flags=("readonly",)) as world:
        socket_of(tmp_path).unlink()
        await asked(world)
        await world.press("ctrl+t")
        assert "NO ENGINE" in world.lines()[0]
        assert not isinstance(world.app.screen, AskTakeOver)
        assert life.done == ["begin"]


@pytest.mark.parametrize(
    ("life", "why", "keeps"),
    [(FixedLife(here=False), "", True), (FixedLife(), "", False), (FixedLife(), "the engine here has ended", True)],
    ids=["attached", "demo", "no engine any more"],
)
async def test_q_leaves_at_once_where_no_watch_would_end(
    tmp_path: Path, life: FixedLife, why: str, keeps: bool
) -> None:
    async with console(tmp_path, life=life, flags=() if keeps else ("demo",)) as world:
        life.why = why
        world.app.lifeline.leave()
        assert world.app.return_code == 0
        assert "hand over" not in life.done


async def test_q_asks_where_the_watch_would_end_and_esc_stays(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("q")
        assert isinstance(world.app.screen, AskLeave)
        assert "keep watching in the background" in world.text
        await world.press("q", "escape")
        assert not isinstance(world.app.screen, AskLeave)
        assert world.app.return_code is None


async def test_the_watch_is_handed_over_and_its_words_are_the_last(tmp_path: Path) -> None:
    life = FixedLife()
    async with console(tmp_path, life=life) as world:
        await world.press("q", "k")
        assert life.done == ["begin", "hand over"]
        assert world.app.return_code == 0
        assert world.app.lifeline.parting == "`vedette run` watches on"


async def test_a_watch_that_cannot_be_handed_over_is_not_left(tmp_path: Path) -> None:
    life = FixedLife()
    async with console(tmp_path, life=life) as world:
        life.refused = "`vedette run` did not take over: no"
        await world.press("q", "k")
        assert world.app.return_code is None
        assert world.app.told[-1].endswith("did not take over: no")


async def test_stop_means_stop(tmp_path: Path) -> None:
    life = FixedLife()
    async with console(tmp_path, life=life) as world:
        await world.press("q", "s")
        assert world.app.return_code == 0
        assert life.done == ["begin"]


async def test_an_engine_here_is_not_stopped_by_suspending(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("ctrl+z")
        assert world.app.told[0].startswith("not suspended")
