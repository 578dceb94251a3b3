"""An app around one widget, a clock that tests move, and reading the screen as text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from rich.style import Style
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from tui.theme import ROLE_NAMES
from tui.widgets.rows import Cell, Column, OrderedRows

COLORS = {"up": "blue", "down": "red", "added": "green", "removed": "yellow", "changed": "cyan"}
STYLES = {name: Style(color=COLORS.get(name)) for name in ROLE_NAMES} | {"selection": Style(reverse=True)}
SIZES = ((40, 10), (80, 24), (200, 60))
COLUMNS = (
    Column("state", "ST", 2, priority=9),
    Column("site", "SITE", 20, priority=10, grow=1),
    Column("ttfb", "TTFB", 7, align="right", priority=8),
    Column("load", "LOAD", 6, align="right", priority=3),
    Column("seen", "SEEN", 6, align="right", priority=7),
)


def role(name: str) -> Style:
    """The style of a role that themes know; any other name is a mistake."""
    return STYLES[name]


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stage(App[None]):
    """One widget, and every message of ours that reached the app."""

    def __init__(self, make: Callable[[], Widget], kinds: Sequence[type[Message]] = ()) -> None:
        super().__init__()
        self._make = make
        self.heard: list[Message] = []
        self._kinds = tuple(kinds)

    def compose(self) -> ComposeResult:
        yield self._make()

    async def _on_message(self, message: Message) -> None:
        if isinstance(message, self._kinds):
            self.heard.append(message)
        await super()._on_message(message)


def screen_lines(app: App[None]) -> list[str]:
    """What stands on the screen, a string a line."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def is_harmless(line: str) -> bool:
    """No character in it steers a terminal."""
    return not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in line)


def site_cells(identity: object) -> tuple[Cell, ...]:
    return (Cell("●", "up"), Cell(f"site-{identity}"), Cell(str(identity)), Cell("1.2s"), Cell("9s"))


def sites(*numbers: int) -> OrderedRows:
    return OrderedRows(numbers, site_cells)
