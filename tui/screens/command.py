"""The `:` line at the bottom of the screen: what is typed, and below it what could be, or what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from core.query.filters import Completion
from core.text import safe
from tui import commands, keys
from tui.panes.paint import Part, line
from tui.screens.modal import Modal
from tui.widgets.cut import cut

if TYPE_CHECKING:
    from tui.app import ConsoleApp

LONGEST = 1000
MOST_HISTORY = 100


class _Line(Input):
    """The input itself. What is pasted is foreign text too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", "Complete", id="line.complete"),
        Binding("shift+tab", "complete(-1)", "Complete backwards", show=False, id="line.complete_back"),
        Binding("up", "older", "Older command", show=False, id="line.older"),
        Binding("down", "newer", "Newer command", show=False, id="line.newer"),
        Binding("escape", "leave", "Leave", id="line.leave"),
    ]

    def __init__(self, owner: CommandLine, text: str) -> None:
        super().__init__(text, select_on_focus=False, compact=True, max_length=LONGEST)
        self._owner = owner

    def validate_value(self, value: str) -> str:
        return safe(value, LONGEST)

    def action_complete(self, step: int) -> None:
        self._owner.complete(step)

    def action_older(self) -> None:
        self._owner.recall(-1)

    def action_newer(self) -> None:
        self._owner.recall(1)

    def action_leave(self) -> None:
        self._owner.dismiss(None)


class CommandLine(Modal[str | None]):
    """Gives the line that is to be done, None when it was left. `trouble` is why the line `text` was not done."""

    page: ClassVar[str] = "commands"

    def __init__(self, text: str = "", trouble: str = "", history: Sequence[str] = ()) -> None:
        super().__init__()
        self._line = _Line(self, text)
        self._trouble = trouble
        self._refused = text
        self._history = [*history]
        self._at = len(self._history)
        self._typed = text
        self._offers: list[Completion] = []
        self._offered = 0
        self._written = ""

    @property
    def console(self) -> ConsoleApp:
        from tui.app import ConsoleApp  # noqa: PLC0415 - the app imports its screens

        return cast(ConsoleApp, self.app)

    def compose(self) -> ComposeResult:
        with Vertical(classes="command"):
            with Horizontal():
                yield Static(Text(":", self.console.role("key")), id="command-prompt")
                yield self._line
            yield Static(id="command-hint")

    def on_mount(self) -> None:
        self._line.cursor_position = len(self._line.value)
        self._line.focus()
        self._hint()

    def on_resize(self) -> None:
        self._hint()

    # -- typing

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._line.value != self._refused:
            self._trouble = self._refused = ""
        if self._line.value != self._written:
            self._offers = []
        self._hint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = self._line.value.strip().removeprefix(":").strip()
        if not text:
            self.dismiss(None)
            return
        try:
            commands.read(text, readonly=self.console.options.readonly)
        except keys.KeysError as error:
            self._trouble, self._refused = str(error), self._line.value
            self._hint()
        else:
            self.dismiss(text)

    def recall(self, step: int) -> None:
        """An older or newer line of the history; past the newest, what was being typed."""
        if self._at == len(self._history):
            self._typed = self._line.value
        self._at = max(0, min(self._at + step, len(self._history)))
        self._write(self._history[self._at] if self._at < len(self._history) else self._typed)

    def complete(self, step: int) -> None:
        """Write the next thing that could stand at the end; again for the one after."""
        if self._offers and self._line.value == self._written:
            self._offered = (self._offered + step) % len(self._offers)
            self._take()
            return
        self.run_worker(self._complete(self._line.value[: self._line.cursor_position]), group="offers", exclusive=True)

    async def _complete(self, text: str) -> None:
        self._offers = await commands.offers(self.console, text)
        self._offered = 0
        if self._offers:
            self._take()
        self._hint()

    def _take(self) -> None:
        offer = self._offers[self._offered]
        self._written = safe(self._line.value[: offer.start] + offer.text, LONGEST)
        self._write(self._written)
        self._hint()

    def _write(self, text: str) -> None:
        self._line.value = text
        self._line.cursor_position = len(self._line.value)

    # -- the line below

    def _hint(self) -> None:
        width = max(self.size.width - 1, 1)
        self.query_one("#command-hint", Static).update(line(self.console.role, self._said(), width))

    def _said(self) -> list[Part]:
        if self._trouble:
            return [(f" {safe(self._trouble.splitlines()[0], 300)}", "error")]
        if len(self._offers) > 1:
            return self._offered_words()
        name, space, _ = self._line.value.strip().removeprefix(":").partition(" ")
        acts = keys.complete_command(name, readonly=self.console.options.readonly, there=commands.REGISTRY)
        exact = keys.COMMANDS.get(keys.ALIASES.get(name.lower(), name.lower()))
        if exact is not None and exact.command in commands.REGISTRY and (space or len(acts) < 2):
            return [(f" :{exact.command} {exact.arguments}".rstrip(), "key"), (f"  {exact.words}", "muted")]
        if space or not acts:
            return [(" no such command", "muted")]
        return [(" " + "  ".join(act.command for act in acts), "muted")]

    def _offered_words(self) -> list[Part]:
        parts: list[Part] = [(" ", "")]
        for at in range(self._offered, len(self._offers)):
            offer = self._offers[at]
            parts.append((cut(offer.text.strip(), 40), "selection" if at == self._offered else ""))
            parts.append((f" {offer.count:,}  " if offer.count else "  ", "muted"))
        return parts
