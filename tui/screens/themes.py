"""The choice of a theme: worn while the cursor is on it, kept with enter, given back with esc."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.text import safe
from tui import keys
from tui.panes.paint import Part, page
from tui.screens.modal import Modal

if TYPE_CHECKING:
    from tui.app import ConsoleApp


class ThemeScreen(Modal[None]):
    """All themes there are, shipped and own, with what each is for."""

    page: ClassVar[str] = "picker"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.PICK)]

    def __init__(self) -> None:
        super().__init__()
        self._before = ""
        self._names: list[str] = []

    @property
    def console(self) -> ConsoleApp:
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(id="themes")

    def on_mount(self) -> None:
        self._before = self.console.skin.name
        self._names = sorted(self.console.skins)
        self._draw()

    def _draw(self) -> None:
        console = self.console
        role = console.role
        lines: list[list[Part]] = []
        for name in self._names:
            here = name == console.skin.name
            mark = f"{console.glyphs.cursor if here else ' '} {name:<16} "
            lines.append([(safe(mark), "cursor" if here else ""), (f" {console.skins[name].summary}", "muted")])
        shown = page(role, lines, max(self.size.width - 2, 20))
        self.query_one("#themes", Static).update(
            Text("\n").join([shown, self._hints("enter keep it", "esc take back")])
        )

    def _wear(self, step: int) -> None:
        at = (self._names.index(self.console.skin.name) + step) % len(self._names)
        self.console.wear(self._names[at])
        self._draw()

    def action_next(self) -> None:
        self._wear(1)

    def action_previous(self) -> None:
        self._wear(-1)

    def action_keep(self) -> None:
        self.dismiss()
        self.console.tell(f"theme {self.console.skin.name}; --theme or VEDETTE_THEME keeps it for the next time")

    def action_leave(self) -> None:
        self.console.wear(self._before)
        self.dismiss()
