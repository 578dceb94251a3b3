"""Small questions over a screen: a note, or which verdict."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.model.change import Verdict
from core.text import safe
from tui import keys


class AskNote(ModalScreen[str | None]):
    """One line of text; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="text.leave")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 200), no_wrap=True, overflow="ellipsis"))
            yield Input(placeholder="a note, or nothing", compact=True, max_length=500)
            yield Static(Text("enter takes it, esc leaves", style="dim"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(safe(event.value.strip(), 500))

    def action_leave(self) -> None:
        self.dismiss(None)


class AskVerdict(ModalScreen[Verdict | None]):
    """Real, noise or expected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "say('real')", "Real"),
        Binding("n", "say('noise')", "Noise"),
        Binding("e", "say('expected')", "Expected"),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, subject: str) -> None:
        super().__init__()
        self._subject = subject

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(f"What is {safe(self._subject, 120)}?", no_wrap=True, overflow="ellipsis"))
            yield Static(Text("r real    n noise    e expected    esc leave"))

    def action_say(self, word: str) -> None:
        self.dismiss(Verdict(word))

    def action_leave(self) -> None:
        self.dismiss(None)


class AskSure(ModalScreen[bool]):
    """Whether to do what cannot be undone; only `y` says so."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.SURE)]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 400)))
            yield Static(Text("y yes, do it    n no    esc leave"))

    def action_answer(self, sure: bool) -> None:
        self.dismiss(sure)
