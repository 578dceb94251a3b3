"""Every widget full of the hostile strings of a JSON file, on the terminal it is started in; leaves by itself."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from textual.app import App, ComposeResult

from tests.tui.widgets.stage import COLUMNS, role
from tui.widgets.chart import Chart, Look, Mark, Trend
from tui.widgets.diffview import DiffView
from tui.widgets.filterbar import FilterBar
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import VirtualTable

OWN = [
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\x1b[2J",
    "a\u202eb",
    "[@click=app.quit]x[/]",
    "\x00\x07\x7f",
]


class HostileScreen(App[None]):
    def __init__(self, naughty: list[str]) -> None:
        super().__init__()
        self._naughty = naughty
        self._shown = 0

    def compose(self) -> ComposeResult:
        rows = OrderedRows(range(len(self._naughty)), lambda at: [Cell(self._naughty[int(str(at))])] * len(COLUMNS))
        self._table = VirtualTable(COLUMNS, rows, role=role, clock=time.monotonic)
        self._bar = FilterBar(role=role, values=lambda field: [(each, 1) for each in self._naughty])
        self._diff = DiffView(role=role)
        self._chart = Chart(Look(role, lambda number: role("text")))
        yield from (self._bar, self._table, self._diff, self._chart)

    def on_mount(self) -> None:
        self.set_interval(0.03, self._next)

    def _next(self) -> None:
        self._table.action_page_down()
        some = self._naughty[self._shown : self._shown + 10]
        self._shown += 10
        if not some:
            self.exit()
            return
        self._diff.show("\n".join(some), "".join(some))
        mark = Mark(5.0, "A", some[0])
        self._chart.show(Trend(some[0], some[-1], tuple((float(at), at * 1.0) for at in range(9)), 1.0, marks=(mark,)))
        self._chart.action_read(-1)
        self._bar.set_text(some[0] if self._shown % 20 else "tag:")
        self._bar.offer_completion(1)


if __name__ == "__main__":
    HostileScreen(OWN + json.loads(Path(sys.argv[1]).read_text("utf-8"))).run()
