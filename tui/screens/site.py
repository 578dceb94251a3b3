"""One site in full, a tab a theme; `[` and `]` walk through them, esc goes back to where it was opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from core.errors import VedetteError
from core.model.change import Change
from core.view import Past, Site, Timeline, Trend, Uptime
from tui.news import READ_AGAIN, News
from tui.panes import overview, trends
from tui.panes.config import Around, config_lines
from tui.panes.course import Course
from tui.panes.paint import Drawn, line, page, ruled, spread
from tui.panes.past import past_lines
from tui.panes.rows import CHANGE_COLUMNS, change_cells
from tui.panes.site import TABS, fault_lines, happened_lines, lines_of, title
from tui.screens.console import bound
from tui.screens.tabs import TabScreen
from tui.screens.targets import TARGET_ACTS, TargetScreen
from tui.widgets.chart import Chart, Look, Window, WindowChanged
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import MARKING, SORTING, RowOpened, VirtualTable

NOW, TRENDS, CHANGES = TABS.index("Now"), TABS.index("Trends"), TABS.index("Changes")
HISTORY, CONFIG = TABS.index("History"), TABS.index("Config")
COLUMNS = tuple(each for each in CHANGE_COLUMNS if each.key != "target")
TRENDS_AGAIN = 15.0
PAST = 7 * 86_400.0
PAST_BESIDE, PAGE_SHARE = "-past", 0.4
BESIDE_FROM = (120, 20)  # columns and rows from which the course of a site stands beside its figures


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

    def __init__(self, name: str, tab: str = "Now") -> None:
        super().__init__()
        self.subject = name
        self.tab = TABS.index(tab)
        self._site: Site | None = None
        self._seen_at: float | None = None
        self._measured: trends.Measured | None = None
        self._phases: dict[str, float | None] = {}
        self._uptimes: tuple[Uptime, ...] = ()
        self._first_at: float | None = None
        self._chosen_window: Window | None = None
        self._read_wish: tuple[int, Window | None] | None = None
        self._trends_at = self._past_at = 0.0
        self._past: Past | None = None
        self._course: tuple[float, Trend] | None = None
        self._around: Around | None = None
        self._around_at = 0.0
        self._changes: dict[object, Change] = {}
        self._words = "reading"
        self._metric = 0

    def body(self) -> ComposeResult:
        console = self.console
        yield Drawn(self._title, id="title")
        yield Drawn(self.tab_line, id="tabs")
        with Container(id="site-deck"):
            yield Chart(self._look(), id="chart")
            with VerticalScroll(id="page-scroll"):
                yield Static(id="page")
            with Vertical(id="past"):
                yield Course(self._look(), hint="t more of it", id="course")
                yield Drawn(self._story_title, id="story-title")
                yield Drawn(self._story, id="story")
        yield VirtualTable(
            COLUMNS, OrderedRows((), self._cells), role=self.role, clock=console.now, glyphs=console.glyphs,
            two_lines=True, lacks=(SORTING, MARKING), empty="nothing has changed here", id="list",
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
            self._site, self._seen_at = await view.site(self.subject, now), now
            if self.tab == TRENDS:
                await self._read_trends(self._site, now)
            elif self.tab == NOW:
                await self._read_course(self._site, now)
            elif self.tab == HISTORY:
                await self._read_past(self._site, now)
            elif self.tab == CONFIG:
                await self._read_around(self._site, now)
        except VedetteError as error:
            self._words = str(error)
        if not self.stands:
            return
        if self._site is not None:
            self.query_one("#list", VirtualTable).offer(self._rows())
        self._draw()

    async def _read_trends(self, site: Site, now: float) -> None:
        """Anew when another measure or time is shown, else now and then."""
        wish = (self._metric, self._chosen_window)
        if wish == self._read_wish and now - self._trends_at < TRENDS_AGAIN:
            return
        view, target = self.console.view, site.target.id
        first = self._first_at
        if first is None:
            past = await view.trend(target, "total_ms", now - trends.DAY, now)
            self._first_at = first = past.points[0][0] if past.points else None
        window = self._chosen_window or trends.home_window(first, now)
        metric = trends.METRICS[self._metric]
        there = await view.trend(target, metric, window.start, window.end)
        before = await view.trend(target, metric, window.start - trends.WEEK, window.end - trends.WEEK)
        self._measured = trends.Measured(there, before, await view.limit(site.target, metric))
        recent = max(window.start, window.end - trends.RAW)
        parts = [await view.trend(target, name, recent, window.end) for _, name in trends.PHASES]
        self._phases = trends.medians_of(parts)
        self._uptimes = await view.uptimes(target, now)
        self._trends_at, self._read_wish = now, wish

    async def _read_past(self, site: Site, now: float) -> None:
        if self._past is None or now - self._past_at >= TRENDS_AGAIN:
            self._past = await self.console.view.past(site.target.id, now - PAST, now)
            self._past_at = now

    async def _read_course(self, site: Site, now: float) -> None:
        """The first byte of the last day, where there is room for it."""
        fresh = self._course is not None and now - self._course[0] < TRENDS_AGAIN
        if self._has_past and not fresh:
            self._course = (now, await self.console.view.trend(site.target.id, "ttfb_ms", now - trends.DAY, now))

    async def _read_around(self, site: Site, now: float) -> None:
        """What is planned, and, now and then, what the engine has in force."""
        console = self.console
        plan, status = await console.view.plan(site.target, now), console.news.status
        known = self._around or Around(plan)
        if known.in_force is None or now - self._around_at >= TRENDS_AGAIN:
            try:
                known, self._around_at = replace(known, in_force=await console.operations.in_force(), trouble=""), now
            except VedetteError as error:
                known = replace(known, trouble=str(error))
        self._around = replace(known, plan=plan, channels=status.channels if status else ())

    def _rows(self) -> OrderedRows:
        self._changes = {each.id: each for each in self._site.changes} if self._site else {}
        return OrderedRows(tuple(self._changes), self._cells)

    def _cells(self, identity: object) -> Sequence[Cell]:
        cells = change_cells(self._changes[identity], self.console.now(), self.console.plain)
        return [cell for column, cell in zip(CHANGE_COLUMNS, cells, strict=True) if column in COLUMNS]

    def show_tab(self) -> None:
        self._draw()
        self.query_one("#page-scroll").scroll_home(animate=False)
        if self.tab == TRENDS:
            self.query_one("#chart", Chart).focus()
        if self.tab in (NOW, TRENDS, HISTORY, CONFIG):
            self._read_again()

    @property
    def _has_past(self) -> bool:
        """Whether what happened stands beside the figures, else below them."""
        return self.tab == NOW and self.size.width >= BESIDE_FROM[0] and self.size.height >= BESIDE_FROM[1]

    def _draw(self) -> None:
        table, scroll, drawn = (self.query_one(name) for name in ("#list", "#page-scroll", "#chart"))
        table.display, drawn.display = self.tab == CHANGES, self.tab == TRENDS
        scroll.display = self.tab not in (CHANGES, TRENDS) or (self.tab == TRENDS and self.size.height >= 20)
        self.query_one("#site-deck").display = self.tab != CHANGES
        self.query_one("#past").display = self._has_past
        self.set_class(self._has_past, PAST_BESIDE)
        {CHANGES: table, TRENDS: drawn}.get(self.tab, scroll).focus()
        if self.tab == TRENDS:
            self._draw_chart()
        elif self._has_past:
            self._draw_course()
        self.query_one("#page", Static).update(self._page())
        for each in self.query(Drawn):
            each.refresh()

    # -- beside what holds now

    def _timeline(self) -> Timeline | None:
        return Timeline(self._site.record, self._site.changes, self._site.alerts) if self._site else None

    def _draw_course(self) -> None:
        trend = self._course[1] if self._course else None
        self.query_one(Course).show(trend, self._timeline(), self.console.now())

    def _story_title(self, width: int) -> Text:
        return ruled(self.role, "what happened, and what comes next", width, self.console.glyphs.rule)

    def _story(self, width: int) -> Text:
        timeline, rows = self._timeline(), self.query_one("#story").size.height
        if timeline is None:
            return Text("")
        return overview.story(self.role, timeline, self.console.now(), self.console.plain, (width, rows))

    def _page(self) -> Text:
        width = max(self.size.width - 2, 20)
        if self._site is None:
            return line(self.role, [(f" {self._words}", "muted")])
        if self.tab == TRENDS:
            window = self._chosen_window or trends.home_window(self._first_at, self.console.now())
            metric = self._measured.trend.metric if self._measured else ""
            limit = self._measured.limit if self._measured else None
            told = trends.Below(self._phases, self._uptimes, window, metric, limit)
            shown = trends.below(self._site, told, width, self.console.now(), self.console.glyphs)
            return page(self.role, shown, width)
        if self.tab == HISTORY:
            return page(self.role, past_lines(self._past, self.console.now(), self.console.plain), width)
        now, glyphs = self.console.now(), self.console.glyphs
        width = self._page_width
        if self.tab == CONFIG:
            above = fault_lines(self._site, glyphs.plain, width)
            return page(self.role, [*above, *config_lines(self._site, self._around, now, glyphs.plain, width)], width)
        lines = lines_of(TABS[self.tab], self._site, now, glyphs, width)
        if self.tab == NOW and not self._has_past:
            lines += happened_lines(self._site, now, glyphs.plain, width, self.size.height - len(lines) - 6)
        return page(self.role, lines, width)

    @property
    def _page_width(self) -> int:
        share = PAGE_SHARE if self._has_past else 1.0
        return max(int(self.size.width * share) - 2, 20)

    def _draw_chart(self) -> None:
        """The chosen measure, with the changes, alerts and notifications of the time."""
        if self._site is None or self._measured is None:
            return
        now = self.console.now()
        home, window = trends.home_window(self._first_at, now), self._chosen_window
        drawn = trends.charted(self._site, self._measured, window or home)
        self.query_one("#chart", Chart).show(drawn, trends.all_time(now), home)

    async def on_window_changed(self, event: WindowChanged) -> None:
        chart = self.query_one("#chart", Chart)
        self._chosen_window = chart.chosen
        self._read_again()

    def _read_again(self) -> None:
        self.run_worker(self.show_news(self.console.news, self.console.now()), group="trends", exclusive=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "next_metric" and self.tab != TRENDS:
            return False
        return super().check_action(action, parameters)

    def action_next_metric(self) -> None:
        if self.tab == TRENDS:
            self._metric = (self._metric + 1) % len(trends.METRICS)
            self._read_again()

    def _title(self, width: int) -> Text:
        if self._site is None:
            return line(self.role, [(f" {self._words}", "muted")], width)
        age, about = self.age(), title(self._site, self.console.now(), self.console.plain)
        return spread(self.role, about, [(f"{age.words} ", age.role)], width)

    def seen(self) -> tuple[float | None, float]:
        return self._seen_at, READ_AGAIN

    def beat(self, now: float) -> None:
        super().beat(now)
        for each in self.query("#title"):
            each.refresh()

    def on_mount(self) -> None:
        self.query_one("#list").display = False
        self.query_one("#chart").display = False

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def redraw(self) -> None:
        super().redraw()
        self.query_one("#chart", Chart).set_look(self._look())
        self.query_one(Course).set_look(self._look())
        self._draw()

    def again(self) -> Callable[[], SiteScreen]:
        return partial(SiteScreen, self.subject)

    def thing(self, identity: object) -> object | None:
        return self._changes.get(identity)

    def things(self, *, all_of_them: bool = False) -> list[object]:
        """The changes of its tab, else the site itself."""
        if self.tab == CHANGES:
            return super().things(all_of_them=all_of_them)
        return [self._site.record] if self._site else []

    def kind(self) -> str:
        return "change" if self.tab == CHANGES else "target"

    async def on_row_opened(self, event: RowOpened) -> None:
        if self.is_active:  # a second enter may have been on its way
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
