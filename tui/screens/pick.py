"""A short list over a list: which values to filter by, which columns to show."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.text import safe
from tui.screens.modal import Modal
from tui.theme import Glyphs
from tui.widgets.rows import Column, OrderedRows
from tui.widgets.table import RowOpened, VirtualTable

MOST_LINES = 16
_ROOM = 6  # heading and two lines of words here, and three of the screen below that stay in view


class Pick(Modal[tuple[Hashable, ...] | None]):
    """Enter takes the marked rows, else the one under the cursor; with `exactly`, the marked ones and nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(
        self,
        question: str,
        columns: Sequence[Column],
        rows: OrderedRows,
        *,
        role: Callable[[str], Style],
        glyphs: Glyphs,
        marks: frozenset[Hashable] = frozenset(),
        exactly: bool = False,
    ) -> None:
        super().__init__()
        self._question = question
        self._marks = marks
        self._exactly = exactly
        self._table = VirtualTable(columns, rows, role=role, clock=float, glyphs=glyphs, id="pick")

    def compose(self) -> ComposeResult:
        with Vertical(classes="ask"):
            yield Static(Text(safe(self._question, 200), no_wrap=True, overflow="ellipsis"))
            yield self._table
            yield Static(self._hints("enter take it", "space several", "esc leave"))

    def on_mount(self) -> None:
        self._table.set_marks(self._marks)
        self._fit()
        self._table.focus()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        self._table.styles.height = max(min(self._table.rows.count() + 1, MOST_LINES, self.app.size.height - _ROOM), 2)

    def on_row_opened(self, event: RowOpened) -> None:
        event.stop()
        self.dismiss(tuple(self._table.marked) if self._exactly else self._table.chosen)

    def action_leave(self) -> None:
        self.dismiss(None)
