"""Letters over the panes of a screen: press one to go there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui import keys
from tui.screens.modal import Modal

if TYPE_CHECKING:
    from tui.app import ConsoleApp

LETTERS = "asdfghjkl"


class JumpScreen(Modal[Widget | None]):
    """Gives the pane whose letter was pressed; None for any other key."""

    page: ClassVar[str] = "moving"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.JUMP)]
    DEFAULT_CSS = """
    JumpScreen { background: transparent; }
    JumpScreen Static { position: absolute; width: 3; height: 1; }
    """

    def __init__(self, panes: Sequence[Widget]) -> None:
        super().__init__()
        self._panes = dict(zip(LETTERS, panes, strict=False))

    def compose(self) -> ComposeResult:
        style = cast("ConsoleApp", self.app).role("selection")
        for letter, pane in self._panes.items():
            label = Static(Text(f" {letter} ", style))
            label.styles.offset = pane.region.offset
            yield label

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            return
        event.stop()
        self.dismiss(self._panes.get(event.key))

    def action_leave(self) -> None:
        self.dismiss(None)
