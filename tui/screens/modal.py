"""What stands over another screen until it is answered, and is answered once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from tui.panes.paint import line
from tui.screens.departing import Departing

if TYPE_CHECKING:
    from tui.app import ConsoleApp


class Modal(Departing[ScreenResultType], ModalScreen[ScreenResultType]):
    """A second key may be on its way to it when it goes; Textual would take away the screen below for that one."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def _hints(self, *hints: str) -> Text:
        """Keys and what they do, as footers show them: each hint is a key, a space and its words."""
        parts = [part for hint in hints for part in _hint(hint)]
        return line(cast("ConsoleApp", self.app).role, parts)


def _hint(hint: str) -> list[tuple[str, str]]:
    key, _, words = hint.partition(" ")
    return [(key, "key"), (f" {words}  ", "muted")]
