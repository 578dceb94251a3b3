"""A change and an alert in full, and the system's lists: what they say and what can be done there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.model.alert import AlertState
from core.model.change import Reason
from core.ports import JobRow
from tests.store.looks import NOW, change
from tests.tui.console_world import console
from tui.panes.event import beside, change_lines
from tui.panes.paint import flowed, labelled
from tui.screens.site import SiteScreen


def text_of(lines: list[list[tuple[str, str]]]) -> list[str]:
    return ["".join(words for words, _ in line).rstrip() for line in lines]


def test_the_terms_of_confidence_and_the_rule_of_severity_are_listed() -> None:
    made = change(reasons=(Reason("detect", "technology.version_changed", "the value differs"),
                           Reason("severity", "high", "another major version"),
                           Reason("confidence", "×0.95", "looks: one look"),
                           Reason("confidence", "×1.03", "burst: 5 changes came together")))  # fmt: skip
    said = text_of(change_lines(made, NOW, False, beside(made, (), ())))
    assert " severity     high  another major version" in said
    at = said.index(" confidence   ×0.95  looks: one look")
    assert said[at + 1] == "              ×1.03  burst: 5 changes came together"


def test_siblings_are_of_the_same_look_or_the_same_change_elsewhere() -> None:
    made = change(id=1, target_id=1)
    mate = change("php", NOW + 1, id=2, target_id=1)
    late = change("php", NOW + 60, id=3, target_id=1)
    twin = change(id=4, target_id=2, target="blog", at=NOW + 900)
    other = change("php", id=5, target_id=2)
    near = beside(made, (made, mate, late, twin, other), ())
    assert near.same_look == (mate,)
    assert near.elsewhere == (twin,)
    assert any("elsewhere    C-4 blog  nginx" in line for line in text_of(change_lines(made, NOW, False, near)))


def test_long_lines_go_on_below_and_lose_no_word() -> None:
    line = labelled("why", ("the certificate is valid", ""), (" until tomorrow at noon", "muted"))
    shown = text_of(flowed([line], 30))
    assert all(len(each) <= 30 for each in shown)
    assert " ".join(" ".join(shown).split()) == "why the certificate is valid until tomorrow at noon"


async def test_an_alert_tells_its_notes_its_next_step_and_who_was_told(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("4", "A", *"rolled", "enter")
        world.clock.now += 10
        await world.press("ctrl+r", "]")
        assert "notes        rolled  anna" in world.text
        assert "next         anna has it" in world.text or "next         ops-mail" in world.text


async def test_rows_of_the_queue_are_tried_again_and_opened(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.store.ledger.put_jobs([JobRow(1, "dead", NOW, NOW, NOW + 1, 3, "timeout")])
        await world.press("6", "]")
        assert "gave up" not in world.text
        assert "503 unavailable" in world.text
        assert "J-1     ✖ dead      shop" in world.text
        rows = world.table().rows
        world.table().move_to("D-2")
        await world.press("r")
        assert [told[0] for told in world.works.told].count("deliver") == 1
        assert rows.index_of("J-1") is not None
        world.table().move_to("J-1")
        await world.press("r")
        assert [told[0] for told in world.works.told].count("soon") == 1
        await world.press("enter")
        assert "https://shop.test/" in world.text


async def test_the_console_tells_its_own_figures(tmp_path: Path) -> None:
    async with console(tmp_path, (80, 40)) as world:
        await world.press("6")
        assert "this console" in world.text
        assert "key to paint" in world.text
        assert "loop stall" in world.text


async def test_an_old_answer_of_the_engine_is_stale(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("6")
        assert world.app.news.status is not None
        world.app.news.status = replace(world.app.news.status, at=world.clock.now - 30)
        world.app.screen.beat(world.clock.now)  # type: ignore[attr-defined]
        await world.pilot.pause()
        assert "STALE 30s" in world.text


@pytest.mark.parametrize("size", [(80, 19), (80, 14), (40, 10), (120, 19)], ids=str)
@pytest.mark.parametrize("key", ["enter", "d"])
async def test_where_there_is_no_room_beside_the_list_an_alert_is_read_alone(
    tmp_path: Path, size: tuple[int, int], key: str
) -> None:
    async with console(tmp_path, size) as world:
        await world.press("4", key)
        assert not world.table().display or world.table().size.height == 0
        assert any(line.lstrip().startswith("── A-") for line in world.lines())
        assert "rule " in world.text
        await world.press("escape")
        assert world.table().has_focus
        assert not any(line.lstrip().startswith("── A-") for line in world.lines())


async def test_with_room_an_alert_s_log_is_gone_to_and_left_beside_the_list(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("4", "d")
        assert world.app.focused is world.app.screen.query_one("#log-scroll")
        assert world.table().size.height > 0
        await world.press("a")
        assert AlertState.ACKNOWLEDGED in (await world.states()).values()
        await world.press("d")
        assert world.table().has_focus
        await world.press("enter")
        assert isinstance(world.app.screen, SiteScreen)


async def test_a_dead_letter_is_read_alone_too(tmp_path: Path) -> None:
    async with console(tmp_path, (80, 16)) as world:
        await world.press("4", "[", "d")
        assert "503 unavailable" in world.text
        assert not world.table().has_focus
