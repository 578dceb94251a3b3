"""Questions over a screen: each is answered once, however fast the keys come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.screen import ModalScreen

from tests.tui.console_world import console
from tui.screens.alerts import AlertsScreen
from tui.screens.console import ConsoleScreen
from tui.screens.modal import Modal


@pytest.mark.parametrize("key", ["A", "v", "colon", "question_mark", "x"])
async def test_a_key_too_many_takes_no_screen_away(tmp_path: Path, key: str) -> None:
    async with console(tmp_path) as world:
        await world.press("4", key)
        asked = world.app.screen
        assert isinstance(asked, Modal)
        asked.dismiss(None)
        asked.dismiss(None)
        await world.settled()
        assert isinstance(world.app.screen, AlertsScreen)
        await world.press("2")
        assert "[2 Sites]" in world.text


async def test_enter_twice_opens_a_change_once(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "g", "enter", "]", "]")
        world.app.simulate_key("enter")
        world.app.simulate_key("enter")
        await world.settled()
        await world.press("2")
        assert "[2 Sites]" in world.text


def kinds_of(above: type[Any]) -> list[type[Any]]:
    return [kind for each in above.__subclasses__() for kind in (each, *kinds_of(each))]


def test_all_questions_are_of_the_kind_that_is_answered_once() -> None:
    found = {each for each in kinds_of(ModalScreen) if each.__module__.startswith("tui.")}
    assert [each.__name__ for each in found if not issubclass(each, Modal)] == []


@pytest.mark.parametrize(
    "keys", [("question_mark", "escape"), ("A", "escape"), ("colon", "escape"), ("question_mark", "escape", "2", "4")]
)
async def test_what_is_left_before_it_is_there_is_gone_when_it_is(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with console(tmp_path) as world:
        await world.press("4")
        for key in keys:
            world.app.simulate_key(key)
        await world.settled()
        assert isinstance(world.app.screen, AlertsScreen)


@pytest.mark.parametrize("screen", ["rules", "channels", "secrets", "site shop"])
async def test_news_for_a_screen_that_was_left_meanwhile_is_let_go(tmp_path: Path, screen: str) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "colon", *("space" if each == " " else each for each in screen), "enter")
        left = world.app.screen
        assert isinstance(left, ConsoleScreen)
        await world.press("escape")
        assert not left.stands
        await left.show_news(world.app.news, world.clock())
        assert "[2 Sites]" in world.text
