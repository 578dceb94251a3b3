"""Screen 6: how the engine and this console are: figures, what waits, workers, channels, and who did what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from core.errors import VedetteError
from core.model.alert import Delivery, DeliveryState
from tui.news import ASK_AGAIN, AUDIT, JOBS, News
from tui.panes import engine, rows
from tui.panes.paint import Drawn, Part, aged, flowed, page
from tui.screens.console import bound
from tui.screens.tabs import TabScreen
from tui.widgets.rows import Cell, Column, OrderedRows
from tui.widgets.table import SORTING, CursorMoved, RowOpened, VirtualTable

TABS = ("Health", "Queue", "Workers", "Channels", "Audit")
HEALTH = 0
BESIDE_FROM, PAGE_SHARE = 120, 0.5
COLUMNS: dict[str, tuple[Column, ...]] = {
    "Queue": rows.QUEUE_COLUMNS,
    "Workers": rows.WORKER_COLUMNS,
    "Channels": rows.CHANNEL_COLUMNS,
    "Audit": rows.AUDIT_COLUMNS,
}
EMPTY = {
    "Queue": "nothing waits: no retry, no look out of turn, no dead letter",
    "Workers": "no worker runs",
    "Channels": "no channel is set up: nobody is told",
    "Audit": "nobody has done anything yet",
}
TITLES = {
    "Health": "how the engine says it is",
    "Queue": "what waits, is tried again or was given up",
    "Workers": "the processes that fetch and read pages",
    "Channels": "what each channel took since the engine began",
    "Audit": "who did what, newest first",
}
KINDS = {"J": "job", "D": "delivery", "channel": "channel"}
WAITING = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING, DeliveryState.DEAD)


class SystemScreen(TabScreen):
    page: ClassVar[str] = "system"
    wants: ClassVar[frozenset[str]] = frozenset({JOBS, AUDIT})
    BINDINGS: ClassVar[list[BindingType]] = bound("tabs.next", "tabs.previous", "object.rescan", "event.open_site")

    def body(self) -> ComposeResult:
        self._rows: dict[object, Any] = {}
        self._queued: list[Delivery] = []
        self._names: dict[int, str] = {}
        console = self.console
        yield Drawn(self.tab_line, id="tabs")
        yield Drawn(self._age_line, id="title")
        with Container(id="health-deck"):
            with VerticalScroll(id="page-scroll"):
                yield Static(id="page")
            with Vertical(id="page-beside"):
                yield Drawn(self._beside, id="beside-lines")
        yield VirtualTable(
            rows.QUEUE_COLUMNS, OrderedRows((), self._cells), role=self.role, clock=console.now,
            glyphs=console.glyphs, two_lines=True, lacks=(SORTING,), empty="nothing here", id="list",
        )  # fmt: skip

    @property
    def listing(self) -> VirtualTable:
        return self.query_one("#list", VirtualTable)

    def tab_names(self) -> Sequence[str]:
        return TABS

    async def show_news(self, news: News, now: float) -> None:
        try:
            if news.read_at:
                self._queued = await self.console.view.deliveries(states=WAITING, limit=500)
                self._names = await self.console.view.names(sorted({each.target_id for each in news.jobs}))
        except VedetteError:
            pass  # the header says that the store cannot be read
        self._rows = self._found()
        if self.tab != HEALTH:
            self.listing.offer(OrderedRows(tuple(self._rows), self._cells))
        self._draw()

    def beat(self, now: float) -> None:
        super().beat(now)
        self._draw()

    def show_tab(self) -> None:
        self._rows = self._found()
        if self.tab != HEALTH:
            self.listing.set_columns(COLUMNS[TABS[self.tab]], EMPTY[TABS[self.tab]])
            self.listing.show(OrderedRows(tuple(self._rows), self._cells))
        self._draw()
        (self.query_one("#page-scroll") if self.tab == HEALTH else self.listing).focus()
        self.query_one("#page-scroll").scroll_home(animate=False)

    def redraw(self) -> None:
        super().redraw()
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def on_mount(self) -> None:
        self.query_one("#page-scroll").focus()

    def _draw(self) -> None:
        self.listing.display = self.tab != HEALTH
        self.query_one("#health-deck").display = self.tab == HEALTH
        self.query_one("#page-beside").display = self._is_wide
        self.query_one("#page", Static).update(self._page())
        self.listing.refresh()
        for each in self.query(Drawn):
            each.refresh()

    # -- rows

    def _found(self) -> dict[object, Any]:
        """What the tab in front lists, by the names of its rows."""
        news = self.console.news
        status = news.status
        match TABS[self.tab]:
            case "Queue":
                return {f"D-{each.id}": each for each in self._queued} | {f"J-{each.id}": each for each in news.jobs}
            case "Workers":
                return {f"worker {each.number}": each for each in (status.workers if status else ())}
            case "Channels":
                return {f"channel {each.name}": each for each in (status.channels if status else ())}
            case "Audit":
                return {f"entry {each.id}": each for each in news.audit}
        return {}

    def _cells(self, identity: object) -> Sequence[Cell]:
        if identity not in self._rows:
            return ()
        found, now, plain = self._rows[identity], self.console.now(), self.console.plain
        match str(identity).partition(" ")[0].partition("-")[0]:
            case "D":
                return rows.queued_cells(found, now, plain)
            case "J":
                return rows.job_cells(found, self._names.get(found.target_id, f"T-{found.target_id}"), now, plain)
            case "worker":
                return rows.worker_cells(found, plain)
            case "channel":
                return rows.channel_cells(found, engine.channel_health(found), now, plain)
            case "entry":
                return rows.audit_cells(found, now)
        return ()

    def kind(self) -> str:
        name = str(self.listing.cursor or "").partition(" ")[0].partition("-")[0]
        return KINDS.get(name, "") if self.tab != HEALTH else ""

    def site_name(self) -> str:
        found = self._rows.get(self.listing.cursor)
        return f"T-{found.target_id}" if str(self.listing.cursor).startswith("J-") and found is not None else ""

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self.query_one("#footer").refresh()

    async def on_row_opened(self, event: RowOpened) -> None:
        found = self._rows.get(event.identity)
        if self.site_name():
            self.action_open_site()
        elif isinstance(found, Delivery):
            dead = found.state is DeliveryState.DEAD
            await self.console.go_to("alerts", f"D-{found.id}" if dead else f"A-{found.alert_id}")

    def action_rescan(self) -> None:
        """Try deliveries again, look again at the sites of jobs, send a test message through channels."""
        console, by = self.console, self.console.options.actor
        for name in [str(each) for each in self.listing.chosen if each in self._rows] if self.tab != HEALTH else []:
            found = self._rows[name]
            if isinstance(found, Delivery):
                console.act(f"{name} is tried again", console.operations.requeue(name, by))
            elif name.startswith("J-"):
                doing = console.operations.rescan([f"T-{found.target_id}"], by)
                console.act(f"T-{found.target_id}: looked at again soon", doing)
            elif name.startswith("channel "):
                doing_test = console.operations.try_channel(found.name, by)
                console.act(f"{found.name}: a test message was sent", doing_test)

    # -- figures

    def copied(self) -> str:
        return str(self._page()) if self.tab == HEALTH else super().copied()

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= BESIDE_FROM

    def _page(self) -> Text:
        width = max(int(self.size.width * PAGE_SHARE if self._is_wide else self.size.width) - 2, 20)
        console = self.console
        lines = engine.health(console.news, console.now(), console.glyphs, width)
        if not self._is_wide:
            lines += [[], *self._own()]
        return page(self.role, flowed(lines, width, engine.INDENT), width)

    def _own(self) -> list[list[Part]]:
        return [[(" this console", "heading")], *engine.own_lines(self.console.figures)]

    def _beside(self, width: int) -> Text:
        """This console, what waits and who did what: where there is room beside the engine's figures."""
        console, room = self.console, max((self.size.height - 14) // 2, 3)
        now = console.now()
        waiting = engine.waiting_lines(self._queued, now, console.plain, room)
        lines = [*self._own(), [], *waiting, [], *engine.audit_lines(console.news.audit, now, room)]
        return page(self.role, lines, width)

    @property
    def _asked(self) -> bool:
        """Whether what is in front was asked of the engine; else it was read in the store."""
        return TABS[self.tab] in ("Health", "Workers", "Channels")

    def seen(self) -> tuple[float | None, float]:
        status = self.console.news.status
        return (status.at if status else None, ASK_AGAIN) if self._asked else super().seen()

    def _age_line(self, width: int) -> Text:
        return aged(self.role, TITLES[TABS[self.tab]], width, self.console.glyphs.rule, age=self.age())
