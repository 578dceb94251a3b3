"""What stands over another screen until it is answered, and is answered once."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from tui.screens.departing import Departing


class Modal(Departing[ScreenResultType], ModalScreen[ScreenResultType]):
    """A second key may be on its way to it when it goes; Textual would take away the screen below for that one."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()
