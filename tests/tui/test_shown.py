"""What goes to the terminal: only cells that differ, and the screen is the same as if everything had been sent."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.shown import Shown

WIDTH, HEIGHT = 16, 3
STYLES = (
    None,
    "red",
    "bold red on blue",
    "reverse",
    "underline #aabbcc on #102030",
    "dim italic",
    "on #102030",
    "bold",
)
TEXTS = some.text(some.sampled_from("ab  ●漢é"), min_size=1, max_size=6)
LINES = some.lists(some.tuples(TEXTS, some.sampled_from(STYLES)), min_size=1, max_size=5)
SYSTEM = ColorSystem.TRUECOLOR


class Terminal:
    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)

    @property
    def cells(self) -> list[list[object]]:
        """What can be seen: a blank has no colour of its own."""
        return [
            [cell._replace(fg="") if cell.data == " " and not (cell.reverse or cell.underscore) else cell
             for cell in (self.screen.buffer[y][x] for x in range(WIDTH))]
            for y in range(HEIGHT)
        ]  # fmt: skip


def strip(*parts: tuple[str, str | None], width: int = WIDTH) -> Strip:
    segments = [Segment(text, Style.parse(style) if style else None) for text, style in parts]
    return Strip(segments).adjust_cell_length(width, Style())


def whole(*lines: Strip) -> LayoutUpdate:
    return LayoutUpdate([[each] for each in lines], Region(0, 0, WIDTH, len(lines)))


def part(line: Strip, y: int, start: int, end: int) -> ChopsUpdate:
    chops: list[dict[int, Strip | None]] = [{} for _ in range(HEIGHT)]
    chops[y] = {0: line}
    return ChopsUpdate(chops, [(y, start, end)], [[WIDTH] for _ in range(HEIGHT)])


def sent(shown: Shown, update: LayoutUpdate | ChopsUpdate) -> str:
    return shown.differing(update, WIDTH, HEIGHT, SYSTEM)


@given(some.lists(some.lists(LINES, min_size=HEIGHT, max_size=HEIGHT), min_size=1, max_size=4))
def test_the_screen_is_the_same_as_if_everything_had_been_sent(
    screens: list[list[list[tuple[str, str | None]]]],
) -> None:
    shown, lean, full = Shown(), Terminal(), Terminal()
    for lines in screens:
        update = whole(*(strip(*each) for each in lines))
        lean.stream.feed(sent(shown, update))
        full.screen.reset()
        full.stream.feed(update.render_segments(Console(color_system="truecolor")).replace("\n", ""))
        assert lean.cells == full.cells


@given(LINES, some.integers(0, WIDTH - 1), some.integers(1, WIDTH), LINES)
def test_a_part_of_a_line_shows_what_the_whole_line_would(
    before: list[tuple[str, str | None]], start: int, length: int, after: list[tuple[str, str | None]]
) -> None:
    shown, lean, full = Shown(), Terminal(), Terminal()
    end = min(start + length, WIDTH)
    lean.stream.feed(sent(shown, whole(*[strip(*before)] * HEIGHT)))
    lean.stream.feed(sent(shown, part(strip(*after), 1, start, end)))
    lean.stream.feed(sent(shown, whole(*[strip(*after)] * HEIGHT)))
    full.stream.feed(sent(Shown(), whole(*[strip(*after)] * HEIGHT)))
    assert lean.cells == full.cells


def test_nothing_is_sent_for_what_is_shown_already() -> None:
    shown = Shown()
    lines = [strip(("age 9s", "red"))] * HEIGHT
    assert sent(shown, whole(*lines))
    assert sent(shown, whole(*lines)) == ""


@pytest.mark.parametrize(
    ("before", "after", "sequence"),
    [
        ([("age 9s", None)], [("age 8s", None)], "\x1b[1;5H8\x1b[0m"),
        ([("age 9s", None)], [("age 9s", "red")], "\x1b[1;1H\x1b[31mage 9s\x1b[0m"),
        ([("1", None), ("          ", None), ("2", None)], [("3", None), ("          ", None), ("4", None)],
         "\x1b[1;1H3\x1b[1;12H4\x1b[0m"),
        ([("a", None)], [("b", "bold #010203")], "\x1b[1;1H\x1b[1;38;2;1;2;3mb\x1b[0m"),
        ([("漢字", None)], [("漢a", None)], "\x1b[1;1H漢a \x1b[0m"),
    ],
)  # fmt: skip
def test_only_what_differs_is_sent(
    before: list[tuple[str, str | None]], after: list[tuple[str, str | None]], sequence: str
) -> None:
    shown = Shown()
    sent(shown, whole(*[strip(*before)] * HEIGHT))
    assert sent(shown, part(strip(*after), 0, 0, WIDTH)) == sequence


def test_a_colour_that_stays_is_not_said_again() -> None:
    said = sent(Shown(), whole(strip(("up", "green on #102030"), (" or ", "on #102030"), ("down", "red on #102030"))))
    assert said.count("48;2;16;32;48") == 1


def test_everything_is_sent_again_once_it_was_forgotten_or_the_size_is_another() -> None:
    shown, lines = Shown(), [strip(("up", "red"))] * HEIGHT
    first = sent(shown, whole(*lines))
    shown.forget()
    assert sent(shown, whole(*lines)) == first
    assert shown.differing(whole(*lines), WIDTH + 1, HEIGHT, SYSTEM)
