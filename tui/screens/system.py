"""Screen 6: how the engine itself is: figures, workers, channels, jobs worth a row, and who did what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui import wording
from tui.news import AUDIT, JOBS, News
from tui.panes import engine
from tui.panes.paint import Drawn, Part, page
from tui.screens.console import bound
from tui.screens.tabs import TabScreen

TABS = ("Health", "Workers", "Channels", "Queue", "Audit")
MOST = 300


class SystemScreen(TabScreen):
    page: ClassVar[str] = "system"
    wants: ClassVar[frozenset[str]] = frozenset({JOBS, AUDIT})
    BINDINGS: ClassVar[list[BindingType]] = bound("tabs.next", "tabs.previous")

    def body(self) -> ComposeResult:
        yield Drawn(self.tab_line, id="tabs")
        with VerticalScroll(id="page-scroll"):
            yield Static(id="page")

    def tab_names(self) -> Sequence[str]:
        return TABS

    async def show_news(self, news: News, now: float) -> None:
        self._draw()

    def beat(self, now: float) -> None:
        super().beat(now)
        self._draw()

    def show_tab(self) -> None:
        self._draw()
        self.query_one("#page-scroll").scroll_home(animate=False)

    def redraw(self) -> None:
        super().redraw()
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def on_mount(self) -> None:
        self.query_one("#page-scroll").focus()

    def copied(self) -> str:
        return str(self._page())

    def _draw(self) -> None:
        self.query_one("#page", Static).update(self._page())
        for each in self.query(Drawn):
            each.refresh()

    def _page(self) -> Text:
        width = max(self.size.width - 2, 20)
        return page(self.role, self._lines(width), width)

    def _lines(self, width: int) -> list[list[Part]]:
        console = self.console
        news, now, plain = console.news, console.now(), console.plain
        status = news.status
        match TABS[self.tab]:
            case "Workers":
                return engine.worker_lines(status.workers if status else (), plain)
            case "Channels":
                return engine.channel_lines(status.channels if status else (), now, plain)
            case "Queue":
                return _jobs(news, now, plain)
            case "Audit":
                return _audit(news, now)
        return engine.health(news, now, console.glyphs, width)


def _jobs(news: News, now: float, plain: bool) -> list[list[Part]]:
    lines: list[list[Part]] = [[("   JOB        TARGET    STATE      TRIED  WHEN      WHY", "heading")]]
    for each in news.jobs[:MOST]:
        sign = wording.job_sign(each.state)
        words = f" J-{each.id:<8} T-{each.target_id:<7} {sign.word:<10} {each.attempts:>5}  "
        lines.append([(f" {sign.mark(plain)}", sign.role), (words, ""),
                      (f"{wording.day_or_clock(each.scheduled_for, now):<8}  ", "muted"),
                      (each.error, "error")])  # fmt: skip
    return lines if news.jobs else [[(" no retry, no look out of turn, no dead job", "muted")]]


def _audit(news: News, now: float) -> list[list[Part]]:
    lines: list[list[Part]] = []
    for each in news.audit[:MOST]:
        lines.append([(f" {wording.day_or_clock(each.at, now):<8} ", "muted"), (f"{each.actor[:14]:<14} ", ""),
                      (f"{each.action:<22} ", "heading"), (each.subject, ""), (f"  {each.detail}", "muted"),
                      (f"  {each.origin}", "muted")])  # fmt: skip
    return lines or [[(" nobody has done anything yet", "muted")]]
