"""The filter line: live, honest about what it does not understand, completing real values."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.widgets.stage import SIZES, Stage, is_harmless, role, screen_lines
from tui.theme import GLYPHS
from tui.widgets.filterbar import FilterBar, FilterChanged, FilterLeft, FilterRefused, ViewWanted

HEARD = (FilterChanged, FilterRefused, FilterLeft, ViewWanted)
VALUES = {"tag": (("shop", 120), ("cms", 38), ("eu west", 5)), "site": (("\x1b]0;x\x07", 3),)}


def staged(**options: object) -> tuple[Stage, FilterBar]:
    bar = FilterBar(role=role, values=lambda field: VALUES.get(field, ()), **options)  # type: ignore[arg-type]
    return Stage(lambda: bar, HEARD), bar


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*("space" if each == " " else each for each in text))


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause(0.1)
    await pilot.pause()


async def test_a_filter_is_in_force_shortly_after_typing_and_only_once() -> None:
    app, bar = staged()
    async with app.run_test() as pilot:
        bar.edit()
        await type_in(pilot, "down tag:shop")
        await settle(pilot)
        changed = [each for each in app.heard if isinstance(each, FilterChanged)]
        assert changed[-1].text == "down tag:shop"
        assert str(changed[-1].query) == "down tag:shop"
        assert len([each for each in changed if each.text == "down tag:shop"]) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_a_mistake_is_shown_under_the_place_where_it_stands(size: tuple[int, int]) -> None:
    app, bar = staged()
    async with app.run_test(size=size) as pilot:
        bar.edit()
        bar.set_text("down ttfb>abc")
        await settle(pilot)
        line, hint = screen_lines(app)[:2]
        assert line.startswith("/ down ttfb>abc")
        refused = next(each for each in app.heard if isinstance(each, FilterRefused))
        assert hint.index("^") == 2 + refused.error.position
        assert bar.in_force == ""
        bar.set_text("down")
        await settle(pilot)
        assert bar.hint == ""


async def test_what_is_expected_is_named() -> None:
    app, bar = staged()
    async with app.run_test(size=(200, 24)) as pilot:
        bar.set_text("sev:enormous")
        await settle(pilot)
        assert "expected" in bar.hint
        assert "critical" in bar.hint


async def test_tab_completes_fields_then_real_values_with_counts_and_cycles() -> None:
    app, bar = staged()
    async with app.run_test() as pilot:
        bar.edit()
        await type_in(pilot, "down tag:")
        await pilot.press("tab")
        assert bar.text == "down tag:shop"
        assert "shop 120" in bar.hint
        assert "cms 38" in bar.hint
        await pilot.press("tab")
        assert bar.text == "down tag:cms"
        await pilot.press("tab")
        assert bar.text == 'down tag:"eu west"'
        await pilot.press("tab", "shift+tab")
        assert bar.text == 'down tag:"eu west"'
        await type_in(pilot, " ttfb_")
        await pilot.press("tab")
        assert bar.text == 'down tag:"eu west" ttfb_ms:'


async def test_up_brings_back_older_filters_and_down_what_was_being_typed() -> None:
    app, bar = staged(history=("up", "down"))
    async with app.run_test() as pilot:
        bar.edit()
        await type_in(pilot, "unac")
        await pilot.press("up")
        assert bar.text == "down"
        await pilot.press("up", "up")
        assert bar.text == "up"
        await pilot.press("down", "down")
        assert bar.text == "unac"
        await pilot.press(*["backspace"] * 4, "d", "o", "w", "n", "enter")
        assert bar.history == ("up", "down")


async def test_enter_keeps_the_filter_and_escape_brings_back_the_one_before() -> None:
    app, bar = staged()
    async with app.run_test() as pilot:
        bar.edit()
        await type_in(pilot, "down")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.heard[-1], FilterLeft)
        assert app.heard[-1].kept
        bar.edit()
        await type_in(pilot, " stale")
        await settle(pilot)
        assert bar.in_force == "down stale"
        await pilot.press("escape")
        await pilot.pause()
        assert bar.in_force == bar.text == "down"
        assert bar.history == ("down",)


async def test_enter_on_a_mistake_stays_in_the_line() -> None:
    app, bar = staged()
    async with app.run_test() as pilot:
        bar.edit()
        await type_in(pilot, "(down")
        await pilot.press("enter")
        await pilot.pause()
        assert not [each for each in app.heard if isinstance(each, FilterLeft)]
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert not [each for each in app.heard if isinstance(each, ViewWanted)]


async def test_control_s_asks_for_a_saved_view() -> None:
    app, bar = staged()
    async with app.run_test() as pilot:
        bar.edit()
        await type_in(pilot, "down")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.heard[-1].text == "down"  # type: ignore[attr-defined]
        assert isinstance(app.heard[-1], ViewWanted)


async def test_results_stand_at_the_right() -> None:
    app, bar = staged()
    async with app.run_test(size=(80, 24)) as pilot:
        bar.set_text("down")
        bar.show_result(137, 10_000)
        await pilot.pause()
        assert screen_lines(app)[0].endswith("137 of 10,000")


async def test_pasted_and_completed_control_characters_are_made_visible() -> None:
    app, bar = staged()
    async with app.run_test() as pilot:
        bar.edit()
        bar.query_one(Input).insert_text_at_cursor("a\x1b[2Jb\x9b\u202e")
        await settle(pilot)
        assert bar.text == "a␛[2Jb\\u009b\\u202e"
        bar.set_text("site:")
        await pilot.press("tab")
        await settle(pilot)
        assert all(is_harmless(line) for line in screen_lines(app))


async def test_with_ascii_glyphs_a_long_message_is_cut_in_ascii() -> None:
    app, bar = staged(glyphs=GLYPHS["ascii"])
    async with app.run_test(size=(40, 10)) as pilot:
        bar.set_text("ttfb>abc")
        await settle(pilot)
        assert bar.hint.isascii()
        assert bar.hint.endswith("~")
        bar.set_text("down up stale unacked ttfb>400 ttfb>abc")
        await settle(pilot)
        assert bar.hint.endswith("^")
        assert len(bar.hint) <= 40


async def test_many_completions_stay_on_one_line() -> None:
    app, bar = staged()
    async with app.run_test(size=(40, 10)) as pilot:
        bar.edit()
        await pilot.press("tab")
        await settle(pilot)
        assert bar.hint
        assert {len(line) for line in screen_lines(app)} == {40}
        assert not screen_lines(app)[2].strip()
