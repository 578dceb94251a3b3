"""Two questions of life and death: what becomes of the watch when this console is left, and who watches on."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.text import safe
from tui import keys
from tui.screens.modal import Modal


class _Question(Modal[str]):
    """A few words and one line of answers; the answer is a word, empty where nothing was decided."""

    scope: ClassVar[str] = ""

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        answers = [act for act in keys.ACTS.values() if act.scope == self.scope]
        shown = [f"{keys.display(act.keys[0])} {act.words.lower()}" for act in answers]
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 400)))
            yield Static(self._hints(*shown))

    def action_answer(self, word: str) -> None:
        self.dismiss(word)

    def action_leave(self) -> None:
        self.dismiss("")


class AskLeave(_Question):
    """`keep` the watch going without a screen, `stop` it, or stay."""

    page: ClassVar[str] = "leave"
    scope: ClassVar[str] = keys.LEAVE
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.LEAVE)]


class AskTakeOver(_Question):
    """`take` the lease of an engine that is gone, or look on without one."""

    page: ClassVar[str] = "takeover"
    scope: ClassVar[str] = keys.TAKE_OVER
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.TAKE_OVER)]
