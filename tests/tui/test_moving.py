"""Moving about: history, panes, zoom and layouts, the bell; and what leaves the screen as JSON or as a file."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from core.contract import change_json
from core.model.alert import AlertState
from core.model.change import Severity
from tests.store.looks import NOW, change, look, raised, watched
from tests.tui.console_world import World, console
from tests.tui.test_commands import type_line
from tests.tui.widgets.stage import is_harmless
from tui.history import History, Place
from tui.news import alarming
from tui.screens.jump import JumpScreen
from tui.screens.site import SiteScreen

A, B, C = (Place(name, name) for name in "abc")


def here(world: World) -> tuple[str, bool]:
    return world.app.current_mode, isinstance(world.app.screen, SiteScreen)


# -- history as a value


def test_a_new_place_forgets_what_lay_ahead() -> None:
    history = History().went(A).went(B).stepped(-1).went(C)
    assert [each.mode for each in history.places] == ["a", "c"]
    assert history.last == A


def test_at_the_ends_a_step_leads_nowhere() -> None:
    history = History().went(A)
    assert history.stepped(-1) == history.stepped(1) == history


def test_the_last_place_toggles_without_growing_the_history() -> None:
    history = History().went(A).went(B)
    turned = history.turned()
    assert (turned.here, turned.turned().here, len(turned.turned().places)) == (A, B, 2)


def test_a_place_is_remembered_as_it_was_left() -> None:
    history = History().went(A).left(replace(A, filter="down"))
    assert history.here is not None
    assert history.here.filter == "down"
    assert history.left(B) == history


# -- history on the screen


async def test_back_and_forward_go_through_what_was_looked_at(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "G", "enter", "4")
        assert here(world) == ("alerts", False)
        await world.press("{")
        assert here(world) == ("sites", True)
        await world.press("{")
        assert here(world) == ("sites", False)
        await world.press("{")
        assert here(world) == ("overview", False)
        await world.press("{")
        assert here(world) == ("overview", False)
        await world.press("}", "}")
        assert here(world) == ("sites", True)
        await world.press("}", "}")
        assert here(world) == ("alerts", False)


async def test_a_backtick_goes_to_the_view_before_and_back(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "3", "`")
        assert here(world) == ("sites", False)
        await world.press("`")
        assert here(world) == ("changes", False)


async def test_escape_is_a_step_back(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "G", "enter", "escape")
        assert here(world) == ("sites", False)
        await world.press("}")
        assert here(world) == ("sites", True)


async def test_filters_of_lines_and_tabs_come_back_with_their_place(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        for line in ("sites down", "sites up", "alerts resolved", "overview"):
            await type_line(world, line)
        await world.press("{")
        assert "[Resolved" in world.text
        await world.press("{")
        assert world.app.screen.bar.in_force == "up"  # type: ignore[attr-defined]
        await world.press("{")
        assert world.app.screen.bar.in_force == "down"  # type: ignore[attr-defined]
        assert world.table().rows.count() == 1


# -- panes


async def test_a_letter_jumps_to_a_pane(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("3", "ctrl+o")
        assert isinstance(world.app.screen, JumpScreen)
        assert all(f" {letter} " in world.text for letter in "asdf"), "the filter, the list, the difference and why"
        assert "SUBJECT" in world.text, "the panes are seen under their letters"
        await world.press("d")
        assert world.app.focused is not None
        assert world.app.focused.id == "diff"
        await world.press("ctrl+o", "s")
        assert world.app.focused is world.table()
        await world.press("ctrl+o", "escape")
        assert world.app.focused is world.table()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_pane_fills_the_screen_between_header_and_footer(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("3", "d", "z")
        diff = world.app.screen.query_one("#diff")
        assert (diff.region.y, diff.region.height, diff.region.width) == (1, size[1] - 2, size[0])
        assert "1 down" in world.lines()[0]
        assert "help" in world.lines()[-1]
        await world.press("z")
        assert diff.region.height < size[1] - 2
        await world.press("z", "escape", "escape")
        assert "WHAT" in world.text
        await world.press("1", "z")
        assert world.table("#needs").region.height == size[1] - 2


async def test_a_filter_ends_a_zoom(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "z", "slash", *"down")
        assert "1 of 3" in world.text


@pytest.mark.parametrize(
    ("size", "words"), [((80, 24), ["alone", "below", "alone"]), ((120, 40), ["below", "alone", "beside"])]
)
async def test_layouts_go_round_as_far_as_there_is_room(
    tmp_path: Path, size: tuple[int, int], words: list[str]
) -> None:
    async with console(tmp_path, size) as world:
        await world.press("3")
        for word in words:
            await world.press("Z")
            inspector, table = world.app.screen.query_one(".inspector"), world.table()
            seen = "alone" if not inspector.display else "below" if inspector.region.y > table.region.y else "beside"
            assert seen == word


async def test_a_screen_with_one_layout_says_so(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("6", "Z")
        assert "this screen has one layout" in world.app.told


# -- the bell


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was written to the terminal past Textual's own painting."""
    from textual.drivers.headless_driver import HeadlessDriver

    words: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda self, text: words.append(text))
    return words


async def fire(world: World, severity: Severity) -> None:
    target = await watched(world.store.ledger, f"new-{severity.word}")
    fires = raised(target)
    fires = replace(fires, alert=replace(fires.alert, severity=severity))
    await world.store.ledger.record([look(target, changes=(change(target_id=target.id),), raised=(fires,))])
    world.clock.now += 10
    await world.press("ctrl+r")


async def test_the_bell_rings_once_for_a_new_alert_unless_muted(tmp_path: Path, heard: list[str]) -> None:
    async with console(tmp_path) as world:
        assert heard.count("\a") == 0, "what fired before somebody looked is no news"
        await fire(world, Severity.HIGH)
        assert heard.count("\a") == 1
        await world.press("ctrl+r")
        assert heard.count("\a") == 1
        await world.press("m")
        assert "muted" in world.lines()[0]
        await fire(world, Severity.CRITICAL)
        assert heard.count("\a") == 1


async def test_only_what_fires_and_is_high_is_alarming(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        alert = replace((await world.store.reader.alerts())[0], id=9, severity=Severity.HIGH, state=AlertState.FIRING)
        assert alarming((), [alert]) == [alert]
        assert alarming((9,), [alert]) == []
        assert alarming((), [replace(alert, severity=Severity.MEDIUM)]) == []
        assert alarming((), [replace(alert, state=AlertState.ACKNOWLEDGED)]) == []


# -- JSON


def copied(tmp_path: Path) -> str:
    return (tmp_path / "state" / "vedette" / "clip.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("keys", "identity"), [(("2",), "T-"), (("3",), "C-"), (("4",), "A-"), (("1",), "A-"), (("2", "enter"), "T-")]
)
async def test_what_is_under_the_cursor_is_copied_as_json(tmp_path: Path, keys: tuple[str, ...], identity: str) -> None:
    async with console(tmp_path) as world:
        await world.press(*keys, "Y")
        words = copied(tmp_path)
        assert json.loads(words)["id"].startswith(identity)
        assert words.isascii()


async def test_json_is_the_contract_and_marks_make_a_list(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3", "Y")
        change = await world.store.reader.change(f"C-{world.table().cursor}")
        assert json.loads(copied(tmp_path)) == change_json(change)
        await world.press("space", "space", "Y")
        found = json.loads(copied(tmp_path))
        assert (found["schema"], len(found["items"])) == (1, 2)


async def test_where_there_is_no_noun_nothing_is_copied(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("6", "Y")
        assert not (tmp_path / "state" / "vedette" / "clip.txt").exists()


# -- export


@pytest.mark.parametrize(("form", "begins"), [("svg", "<svg"), ("txt", " ✖ 1 down"), ("html", "<!DOCTYPE html>")])
async def test_the_screen_is_exported_as_it_was_seen(tmp_path: Path, form: str, begins: str) -> None:
    async with console(tmp_path) as world:
        await type_line(world, "sites")
        await type_line(world, f"export seen.{form}")
        path = tmp_path / f"seen.{form}"
        words = path.read_text("utf-8")
        assert words.startswith(begins)
        assert "shop" in words
        assert "export" not in words.replace("export</", ""), "the line itself is not in the picture"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert all(is_harmless(line) for line in words.splitlines())


async def test_a_list_is_exported_with_every_row_and_no_formula(tmp_path: Path) -> None:
    async with console(tmp_path, (80, 24)) as world:
        blog = await world.store.reader.target("blog")
        evil = replace(blog, owner='=HYPERLINK("x")')
        await world.store.ledger.replace_target(evil, world.app.options.actor, NOW, None)
        world.clock.now += 10
        await world.press("2", "ctrl+r")
        await type_line(world, "export all.csv")
        lines = (tmp_path / "all.csv").read_text("utf-8").splitlines()
        assert lines[0].startswith("id,uuid,name,url")
        assert len(lines) == 4
        assert "'=HYPERLINK" in "\n".join(lines)


async def test_a_file_is_written_over_only_after_yes(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        (tmp_path / "kept.txt").write_text("mine")
        await type_line(world, "export kept.txt")
        assert "Write over it?" in world.text
        await world.press("n")
        assert (tmp_path / "kept.txt").read_text() == "mine"
        await type_line(world, "export kept.txt")
        await world.press("y")
        assert "1 down" in (tmp_path / "kept.txt").read_text()
        assert [each for each in os.listdir(tmp_path) if each.startswith(".vedette-")] == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("export seen.pdf", "has to end with"),
        ("export ../../nowhere/at/all.txt", "No such file"),
        ("export x.csv", "no list"),
    ],
)
async def test_what_cannot_be_exported_is_told(tmp_path: Path, line: str, told: str) -> None:
    async with console(tmp_path) as world:
        await world.press("6")
        await type_line(world, line)
        said = " ".join(world.app.told)
        assert told in world.text or told in said


async def test_the_key_asks_for_a_name_and_tab_takes_the_next_format(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "x", "tab")
        assert "Export this view to" in world.lines()[-3]
        assert "1 down" in world.lines()[0]
        assert world.app.screen.query_one(Input).value.endswith(".txt")
        await world.press("tab", "tab", "tab", "escape")
        assert list(tmp_path.glob("vedette-*")) == []
        await world.press("x", "tab", "tab", "tab", "enter")
        assert len(list(tmp_path.glob("vedette-sites-*.csv"))) == 1
