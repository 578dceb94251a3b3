"""A small console for tests of themes on a real terminal: widgets of Textual and roles of ours, in one theme.

Run as `python -m tests.tui.dressed THEME`; it shows itself once and ends.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.text import Text
from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.widgets import Button, DataTable, Footer, Header, Input, Static

from tui import keys
from tui.theme import ROLE_NAMES, Skin, load_themes, shipped_folder


class Dressed(App[None]):
    """Every role on one screen, between Textual's own widgets."""

    BINDINGS = [*keys.bindings("global")]  # noqa: RUF012 - as Textual wants it

    def __init__(self, skin: Skin) -> None:
        super().__init__()
        self._skin = skin
        self.register_theme(skin.textual_theme())
        self.theme = skin.name

    def get_line_filters(self) -> Sequence[LineFilter]:
        return self._skin.line_filters(super().get_line_filters())

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static(self.every_role())
        yield Input("words")
        yield Button("Button", variant="error")
        yield DataTable()
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("one", "two")
        for number in range(60):
            table.add_row(str(number), "x")

    def every_role(self) -> Text:
        text = Text()
        for role in ROLE_NAMES:
            text.append(f"{role} ", self._skin.roles[role])
        for style in self._skin.roles.chart:
            text.append("chart ", style)
        return text


class Once(Dressed):
    """Ends by itself after the first paints."""

    def on_mount(self) -> None:
        super().on_mount()
        self.set_timer(0.3, self.exit)


if __name__ == "__main__":
    Once(load_themes([shipped_folder()]).skins[sys.argv[1]]).run()
