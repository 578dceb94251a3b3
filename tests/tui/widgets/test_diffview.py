"""Diffs: nothing lost, nothing but + - ~ needed to read them, and every width kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.widgets.stage import SIZES, Stage, is_harmless, role, screen_lines
from tui.theme import GLYPHS
from tui.widgets.diffview import DiffView, Pieces, counts, diff_lines, side_by_side, unified

BEFORE = "cache-control: max-age=300\nstrict-transport-security: max-age=31536000\nserver: nginx/1.25.3\nx: y\n"
AFTER = "cache-control: max-age=300\nserver: nginx/1.25.4\nx: y\nnew-header: 1\n"
texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=12).map("\n".join)


def plain(lines: list[Pieces]) -> list[str]:
    return ["".join(piece.text for piece in line).rstrip() for line in lines]


def test_lines_that_came_went_and_changed_have_their_signs() -> None:
    lines = diff_lines(BEFORE, AFTER)
    assert plain(unified(lines, 80)) == [
        "  cache-control: max-age=300",
        "- strict-transport-security: max-age=31536000",
        "~ server: nginx/1.25.{3→4}",
        "  x: y",
        "+ new-header: 1",
    ]
    assert counts(lines) == "+1 -1 ~1"


def test_what_differs_within_a_line_is_marked_in_the_role_of_its_side() -> None:
    changed = next(each for each in diff_lines(BEFORE, AFTER) if each.kind == "changed")
    assert [(each.text, each.role) for each in changed.before if each.marked] == [("3", "removed")]
    assert [(each.text, each.role) for each in changed.after if each.marked] == [("4", "added")]


def test_a_changed_line_too_wide_for_one_becomes_two() -> None:
    lines = diff_lines("a long line that says one thing here", "a long line that says two thing here")
    assert [each[:1] for each in plain(unified(lines, 24))] == ["-", "+"]


def test_far_from_a_difference_lines_are_counted_instead_of_shown() -> None:
    text = "\n".join(f"line {at}" for at in range(100))
    lines = plain(unified(diff_lines(text, text.replace("line 50", "other")), 80))
    assert len(lines) == 10
    assert lines[0] == "  (47 equal lines)"
    assert lines[-1] == "  (46 equal lines)"
    assert diff_lines(text, text) == ()


@settings(deadline=None)
@given(texts, texts, st.integers(0, 120), st.sampled_from(["unicode", "ascii"]))
def test_any_two_texts_keep_every_width_and_stay_harmless(before: str, after: str, width: int, kind: str) -> None:
    lines = diff_lines(before, after, None)
    for line in plain(unified(lines, width, GLYPHS[kind])):
        assert cell_len(line) <= width
        assert is_harmless(line)
    for pieces in side_by_side(lines, max(width, 3), GLYPHS[kind]):
        assert cell_len("".join(each.text for each in pieces)) == max(width, 3)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["a b", "a c", "d", "e f g", "e f h"]), max_size=15),
    st.lists(st.sampled_from(["a b", "a c", "d", "e f g", "e f h"]), max_size=15),
)
def test_both_texts_can_be_read_back_from_their_diff(before: list[str], after: list[str]) -> None:
    lines = diff_lines("\n".join(before), "\n".join(after), None)
    old = ["".join(p.text for p in each.before) for each in lines if each.kind != "added"]
    new = ["".join(p.text for p in each.after) for each in lines if each.kind != "removed"]
    assert old == before
    assert new == after


@pytest.mark.parametrize("size", SIZES)
async def test_the_widget_starts_as_wide_as_it_can_and_u_turns(size: tuple[int, int]) -> None:
    view = DiffView(role=role)
    app = Stage(lambda: view)
    async with app.run_test(size=size) as pilot:
        view.show(BEFORE, AFTER + "\x1b]52;c;aGk=\x07")
        view.focus()
        await pilot.pause()
        assert view.is_unified is (size[0] < 100)
        first = screen_lines(app)
        await pilot.press("u")
        await pilot.pause()
        assert view.is_unified is (size[0] >= 100)
        assert screen_lines(app) != first
        await pilot.press("u")
        await pilot.pause()
        assert screen_lines(app) == first
        assert all(is_harmless(line) for line in first)
        assert any("│" in line for line in first) is (size[0] >= 100)


async def test_equal_texts_say_so_and_long_ones_scroll() -> None:
    view = DiffView(role=role)
    app = Stage(lambda: view)
    async with app.run_test(size=(80, 24)) as pilot:
        view.show("same", "same")
        view.focus()
        await pilot.pause()
        assert "no difference" in screen_lines(app)[0]
        view.show("", "\n".join(f"line {at}" for at in range(200)))
        await pilot.press("G")
        await pilot.pause(0.3)
        assert any("line 199" in line for line in screen_lines(app))
