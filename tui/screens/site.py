"""One site in full, a tab a theme; `[` and `]` walk through them, esc goes back to where it was opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.errors import VedetteError
from core.model.change import Change
from core.view import Site, Trend
from tui import wording
from tui.news import News
from tui.panes.overview import marks_of
from tui.panes.paint import Drawn, Part, labelled, line, page
from tui.panes.rows import CHANGE_COLUMNS, change_cells
from tui.panes.site import TABS, lines_of, title
from tui.screens.console import bound
from tui.screens.tabs import TabScreen
from tui.screens.targets import TARGET_ACTS, TargetScreen
from tui.widgets import chart
from tui.widgets.chart import Chart, Look
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.spark import spark
from tui.widgets.table import RowOpened, VirtualTable

TRENDS, CHANGES = TABS.index("Trends"), TABS.index("Changes")
WINDOW = 86_400.0
SHORTEST = 600.0
SHOWN = (("total_ms", "load"), ("ttfb_ms", "first byte"), ("dns_ms", "dns"), ("connect_ms", "connect"),
         ("tls_ms", "tls"), ("download_ms", "download"), ("transfer_bytes", "size"))  # fmt: skip


class SiteScreen(TargetScreen, TabScreen):
    page: ClassVar[str] = "site"
    BINDINGS: ClassVar[list[BindingType]] = bound(
        "tabs.next",
        "tabs.previous",
        "object.rescan",
        "object.pause",
        "object.trends",
        "chart.next_metric",
        *TARGET_ACTS,
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self._asked = name
        self._site: Site | None = None
        self._trends: list[Trend] = []
        self._words = "reading"
        self._metric = 0

    def body(self) -> ComposeResult:
        console = self.console
        yield Drawn(self._title, id="title")
        yield Drawn(self.tab_line, id="tabs")
        yield Chart(self._look(), id="chart")
        with VerticalScroll(id="page-scroll"):
            yield Static(id="page")
        yield VirtualTable(
            CHANGE_COLUMNS, OrderedRows((), self._cells), role=self.role, clock=console.now, glyphs=console.glyphs,
            two_lines=True, empty="nothing has changed here", id="list",
        )  # fmt: skip

    def _look(self) -> Look:
        glyphs = self.console.glyphs
        return Look(self.role, self.console.skin.roles.series, glyphs.chart, glyphs)

    def chosen_sites(self) -> list[str]:
        return [f"T-{self._site.target.id}"] if self._site else []

    def tab_names(self) -> Sequence[str]:
        count = len(self._site.changes) if self._site else 0
        grade = self._site.record["sec"] if self._site else None
        more = {"Changes": f" {count}" if count else "", "Security": f" {grade}" if grade else ""}
        return [name + more.get(name, "") for name in TABS]

    async def show_news(self, news: News, now: float) -> None:
        view = self.console.view
        if not news.read_at:
            return
        try:
            self._site = await view.site(self._asked, now)
            if self.tab == TRENDS:
                await self._read_trends(self._site, now)
        except VedetteError as error:
            self._words = str(error)
        else:
            self.query_one("#list", VirtualTable).offer(self._rows())
        self._draw()

    async def _read_trends(self, site: Site, now: float) -> None:
        view = self.console.view
        self._trends = [await view.trend(site.target.id, metric, now - WINDOW, now) for metric, _ in SHOWN]

    def _rows(self) -> OrderedRows:
        self._changes: dict[object, Change] = {each.id: each for each in self._site.changes} if self._site else {}
        return OrderedRows(tuple(self._changes), self._cells)

    def _cells(self, identity: object) -> Sequence[Cell]:
        return change_cells(self._changes[identity], self.console.now(), self.console.plain)

    def show_tab(self) -> None:
        self._draw()
        self.query_one("#page-scroll").scroll_home(animate=False)
        if self.tab == TRENDS:
            self.run_worker(self.show_news(self.console.news, self.console.now()), group="trends", exclusive=True)

    def _draw(self) -> None:
        table, scroll, drawn = (self.query_one(name) for name in ("#list", "#page-scroll", "#chart"))
        table.display, drawn.display = self.tab == CHANGES, self.tab == TRENDS
        scroll.display = self.tab not in (CHANGES, TRENDS) or (self.tab == TRENDS and self.size.height >= 20)
        {CHANGES: table, TRENDS: drawn}.get(self.tab, scroll).focus()
        if self.tab == TRENDS:
            self._draw_chart()
        self.query_one("#page", Static).update(self._page())
        for each in self.query(Drawn):
            each.refresh()

    def _page(self) -> Text:
        width = max(self.size.width - 2, 20)
        if self._site is None:
            return line(self.role, [(f" {self._words}", "muted")])
        if self.tab == TRENDS:
            return page(self.role, self._trend_lines(width), width)
        lines = lines_of(TABS[self.tab], self._site, self.console.now(), self.console.glyphs, width)
        return page(self.role, lines, width)

    def _trend_lines(self, width: int) -> list[list[Part]]:
        lines: list[list[Part]] = [[(" at most 24 hours, the greatest of each step, newest at the right", "muted")]]
        now = self.console.now()
        start = min((trend.points[0][0] for trend in self._trends if trend.points), default=now - WINDOW)
        start = max(min(start, now - SHORTEST), now - WINDOW)
        for trend, (_, name) in zip(self._trends, SHOWN, strict=False):
            values = [value for _, value in trend.points]
            words = wording.size if name == "size" else wording.milliseconds
            room = max(width - 36, 8)
            shown = spark(stepped(trend.points, start, now, room), room, glyphs=self.console.glyphs)
            last = words(values[-1]) if values else wording.NOTHING
            most = words(max(values)) if values else wording.NOTHING
            lines.append(labelled(name, (shown, "up"), (f" {last:>8}", ""), (f"  most {most}", "muted")))
        return lines

    def _draw_chart(self) -> None:
        """The chosen measure, with the changes, alerts and notifications of the time."""
        if self._site is None or not self._trends:
            return
        chosen, (_, name) = self._trends[self._metric], SHOWN[self._metric]
        unit = "bytes" if name == "size" else "ms"
        every = self._site.target.schedule.every or 300.0
        trend = chart.Trend(name, unit, chosen.points, every, marks=marks_of(self._site.changes, self._site.alerts))
        self.query_one(Chart).show(trend)

    def action_next_metric(self) -> None:
        if self.tab == TRENDS:
            self._metric = (self._metric + 1) % len(SHOWN)
            self._draw_chart()

    def _title(self, width: int) -> Text:
        if self._site is None:
            return line(self.role, [(f" {self._words}", "muted")], width)
        return line(self.role, title(self._site, self.console.now(), self.console.plain), width)

    def on_mount(self) -> None:
        self.query_one("#list").display = False
        self.query_one("#chart").display = False

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def redraw(self) -> None:
        super().redraw()
        self.query_one(Chart).set_look(self._look())
        self._draw()

    def kind(self) -> str:
        return "change" if self.tab == CHANGES else "target"

    async def on_row_opened(self, event: RowOpened) -> None:
        self.console.pop_screen()
        await self.console.go_to("changes", event.identity)

    def copied(self) -> str:
        return super().copied() or str(self._page())

    def action_rescan(self) -> None:
        if self._site is not None:
            console, name = self.console, self._site.target.name
            console.act(
                f"{name}: looked at", console.operations.look(f"T-{self._site.target.id}", console.options.actor)
            )

    def action_pause(self) -> None:
        if self._site is not None:
            console, paused = self.console, not self._site.target.paused
            doing = console.operations.pause_targets([f"T-{self._site.target.id}"], paused, console.options.actor)
            console.act(f"{self._site.target.name}: {'paused' if paused else 'resumed'}", doing)

    def action_trends(self) -> None:
        self.tab = TRENDS
        self.show_tab()


def stepped(points: Sequence[tuple[float, float]], start: float, end: float, steps: int) -> list[float | None]:
    """The greatest value of each step of the window, None where there is none."""
    found: list[float | None] = [None] * steps
    for at, value in points:
        step = min(int((at - start) / (end - start) * steps), steps - 1)
        if step >= 0:
            known = found[step]
            found[step] = value if known is None else max(known, value)
    return found
