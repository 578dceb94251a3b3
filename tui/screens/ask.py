"""Small questions over a screen: a note, or which verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from core.model.change import Verdict
from core.text import safe
from tui import keys
from tui.screens.modal import Modal


class AskNote(Modal[str | None]):
    """One line of text; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="text.leave")]

    def __init__(self, question: str, wanted: str = "a note, or nothing") -> None:
        super().__init__()
        self._question = question
        self._wanted = wanted

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 200), no_wrap=True, overflow="ellipsis"))
            yield Input(placeholder=self._wanted, compact=True, max_length=500)
            yield Static(self._hints("enter take it", "esc leave"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(safe(event.value.strip(), 500))

    def action_leave(self) -> None:
        self.dismiss(None)


class AskVerdict(Modal[Verdict | None]):
    """Real, noise or expected."""

    page: ClassVar[str] = "verdict"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.VERDICT)]

    def __init__(self, subject: str) -> None:
        super().__init__()
        self._subject = subject

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(f"What was {safe(self._subject, 120)}?", no_wrap=True, overflow="ellipsis"))
            yield Static(self._hints("r real", "n noise", "e expected", "esc leave"))

    def action_say(self, word: str) -> None:
        self.dismiss(Verdict(word))

    def action_leave(self) -> None:
        self.dismiss(None)


class AskSure(Modal[bool]):
    """Whether to do what cannot be undone; only `y` says so."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.SURE)]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 400)))
            yield Static(self._hints("y yes, do it", "n no", "esc leave"))

    def action_answer(self, sure: bool) -> None:
        self.dismiss(sure)


class AskExport(Modal[str | None]):
    """Into which file; its ending is the format, and tab takes the next one."""

    page: ClassVar[str] = "export"

    def __init__(self, name: str, formats: Sequence[str]) -> None:
        super().__init__()
        self._formats = tuple(formats)
        self._file = _FileName(self, name)

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text("Export this view to", no_wrap=True))
            yield self._file
            yield Static(self._hints(f"tab {', '.join(self._formats)}", "enter write it", "esc leave"))

    def on_mount(self) -> None:
        self._file.focus()
        self._file.cursor_position = len(self._file.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def next_format(self) -> None:
        stem, _, ending = self._file.value.rpartition(".")
        at = self._formats.index(ending) if ending in self._formats else -1
        stem = stem if at >= 0 else self._file.value.rstrip(".")
        self._file.value = f"{stem}.{self._formats[(at + 1) % len(self._formats)]}"
        self._file.cursor_position = len(self._file.value)


class _FileName(Input):
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.EXPORT)]

    def __init__(self, owner: AskExport, name: str) -> None:
        super().__init__(name, select_on_focus=False, compact=True, max_length=500)
        self._owner = owner

    def action_next_format(self) -> None:
        self._owner.next_format()

    def action_leave(self) -> None:
        self._owner.dismiss(None)


class AskCount(Modal[bool]):
    """Whether to do what cannot be undone to many: the number of them is typed, so that nobody does it by habit."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="text.leave")]

    def __init__(self, question: str, count: int) -> None:
        super().__init__()
        self._question = question
        self._count = count

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 400)))
            yield Input(placeholder=f"type {self._count}", compact=True, max_length=12)
            yield Static(self._hints(f"enter do it once {self._count} stands there", "esc leave"), id="ask-says")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() == str(self._count):
            self.dismiss(True)
        else:
            self.query_one("#ask-says", Static).update(
                Text(f"that is not {self._count}: nothing was done; esc leaves", style="bold")
            )

    def action_leave(self) -> None:
        self.dismiss(False)


def sure_of(count: int, question: str) -> AskSure | AskCount:
    """The question before what destroys: of one it is yes or no, of several their number is typed."""
    return AskSure(question) if count == 1 else AskCount(question, count)
