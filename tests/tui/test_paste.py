"""What is pasted was written by somebody: it is text in every field, Textual's own ones too."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message
from textual.widgets import Input

from core.text import safe
from tests.tui.console_world import HOSTILE, console
from tests.tui.test_lists import notices
from tui.pasting import MOST_PASTED, TerminalParser

FIELDS = {
    "a note": ("4", "A"), "search in help": ("question_mark", "slash"), "a file": ("x",), "the palette": ("ctrl+p",),
    "a command": ("colon",), "a filter": ("2", "slash"), "a form": ("2", "plus"),
}  # fmt: skip


@pytest.mark.parametrize("keys", FIELDS.values(), ids=FIELDS)
async def test_pasted_sequences_are_pictures_of_themselves(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with console(tmp_path) as world:
        await world.press(*keys)
        world.app.post_message(events.Paste(HOSTILE))
        await world.settled()
        assert isinstance(world.app.focused, Input)
        assert safe(HOSTILE)[:20] in world.app.focused.value
        assert [each for each in world.lines() if safe(each) != each] == []


async def test_a_megabyte_is_cut_before_it_is_looked_at(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "x")
        pasted = events.Paste("\u202e" * 1_000_000)
        world.app.post_message(pasted)
        await world.settled()
        assert len(pasted.text) <= MOST_PASTED
        await world.press("escape", "2")
        assert "[2 Sites]" in world.text


@pytest.mark.parametrize("keys", FIELDS.values(), ids=FIELDS)
async def test_what_does_not_go_into_a_field_is_cut_and_said(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press(*keys)
        field = world.app.focused
        assert isinstance(field, Input)
        room = (field.max_length or MOST_PASTED) - len(field.value)
        world.app.post_message(events.Paste("x" * 1_000_000))
        await world.settled()
        assert field.value.count("x") >= room - 1
        assert f"the first {room:,} characters were pasted" in notices(world)


async def test_lines_become_one_and_none_is_lost_or_done(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("colon")
        world.app.post_message(events.Paste("quit\r\npause shop\r"))
        await world.settled()
        assert isinstance(world.app.focused, Input)
        assert world.app.focused.value == "quit pause shop"
        assert "2 lines were pasted as one" in notices(world)


async def test_a_paste_that_goes_nowhere_is_said(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        world.app.post_message(events.Paste("q"))
        await world.settled()
        assert "nothing here takes pasted text" in notices(world)


# -- from the terminal

START, END = "\x1b[200~", "\x1b[201~"
pieces = st.integers(1, 9)
texts = st.text(st.sampled_from("a\x1b[~201\rq\x00;M"), max_size=60).filter(lambda each: END not in each)


def told(sent: str, size: int) -> list[Message]:
    parser = TerminalParser()
    return [message for at in range(0, len(sent), size) for message in parser.feed(sent[at : at + size])]


@given(texts, pieces)
def test_a_paste_is_one_text_whatever_stands_in_it_and_in_whatever_pieces_it_comes(text: str, size: int) -> None:
    if text.endswith(tuple(END[:length] for length in range(1, len(END)))):
        text += "."
    messages = told(f"j{START}{text}{END}k", size)
    shown = [each.key if isinstance(each, events.Key) else getattr(each, "text", "") for each in messages]
    assert shown == ["j", text.replace("\x00", ""), "k"]


@given(st.text(st.sampled_from("a\x1b[200~I;"), max_size=30).filter(lambda each: START not in each), pieces)
def test_keys_are_what_textual_makes_of_them(text: str, size: int) -> None:
    from textual._xterm_parser import XTermParser

    theirs = XTermParser()
    expected = [message for at in range(0, len(text), size) for message in theirs.feed(text[at : at + size])]
    assert [repr(each) for each in told(text, size)] == [repr(each) for each in expected]


def test_of_a_large_paste_no_more_is_kept_than_a_field_can_take() -> None:
    [paste] = told(f"{START}{'x' * 1_000_000}{END}", 4096)
    assert isinstance(paste, events.Paste)
    assert len(paste.text) == MOST_PASTED + 1
