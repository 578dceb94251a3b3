"""The course of one site: its first byte over the last day, with what changed and who was told on its time."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from core.view import Timeline, Trend
from tui import wording
from tui.panes import overview
from tui.panes.paint import Drawn, ruled
from tui.widgets.chart import Look, StillChart


class Course(Vertical):
    """A chart under its heading; where nothing was measured it is not there. `hint` stands at the heading's end."""

    DEFAULT_CSS = """
    Course { height: 1fr; min-height: 9; max-height: 25; display: none; }
    Course > Drawn { height: 1; }
    """

    def __init__(self, look: Look, *, hint: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._hint = hint
        self._chart = StillChart(look)

    def compose(self) -> ComposeResult:
        yield Drawn(self._heading)
        yield self._chart

    def show(self, trend: Trend | None, timeline: Timeline | None, now: float) -> None:
        """Draw this; None for what is not known yet."""
        self.display = trend is not None and timeline is not None and bool(trend.points)
        if trend is not None and timeline is not None and trend.points:
            self._chart.show(overview.trend_of(trend, timeline), overview.window_of(trend, now))
            self.query_one(Drawn).refresh()

    def set_look(self, look: Look) -> None:
        """Another theme."""
        self._look = look
        self._chart.set_look(look)

    def _heading(self, width: int) -> Text:
        words = f"first byte, last {wording.duration(self._chart.window.seconds - 1)}"
        return ruled(self._look.role, words, width, self._look.glyphs.rule, self._hint)
