"""Screen 6: how the engine and this console are: figures, what waits, workers, channels, and who did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from core.errors import VedetteError
from core.model.alert import Delivery, DeliveryState
from core.model.people import AuditEntry
from core.operations import ChannelFigures, WorkerFigures
from core.query.records import delivery_record
from tui.news import ASK_AGAIN, AUDIT, JOBS, News
from tui.panes import engine, rows
from tui.panes.paint import Drawn, Part, aged, flowed, page
from tui.screens.console import bound
from tui.screens.lists import Listed, ListScreen
from tui.screens.tabs import TabScreen
from tui.sift import Record
from tui.widgets.rows import Cell
from tui.widgets.table import SORTING, CursorMoved, RowOpened

TABS = ("Health", "Queue", "Workers", "Channels", "Audit")
HEALTH = 0
BESIDE_FROM, PAGE_SHARE = 120, 0.5
LISTS = (
    Listed("queue", "deliveries", rows.QUEUE_COLUMNS,
           none="nothing waits: no retry, no look out of turn, no dead letter; or nothing passes the filter"),
    Listed("workers", "workers", rows.WORKER_COLUMNS, none="no worker runs, or none passes the filter"),
    Listed("channels", "channels", rows.CHANNEL_COLUMNS,
           none="no channel is set up: nobody is told; or none passes the filter"),
    Listed("audit", "audit", rows.AUDIT_COLUMNS, none="nobody has done anything yet, or nothing passes the filter"),
)  # fmt: skip
TITLES = {
    "Health": "how the engine says it is",
    "Queue": "what waits, is tried again or was given up",
    "Workers": "the processes that fetch and read pages",
    "Channels": "what each channel took since the engine began",
    "Audit": "who did what, newest first",
}
KINDS = {"J": "job", "D": "delivery", "channel": "channel"}
WAITING = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING, DeliveryState.DEAD)


class SystemScreen(TabScreen, ListScreen):
    page: ClassVar[str] = "system"
    wants: ClassVar[frozenset[str]] = frozenset({JOBS, AUDIT})
    AUTO_FOCUS = "#page-scroll"
    lists: ClassVar[tuple[Listed, ...]] = LISTS
    BINDINGS: ClassVar[list[BindingType]] = bound("tabs.next", "tabs.previous", "object.rescan", "event.open_site")

    def body(self) -> ComposeResult:
        self._things: dict[Any, Any] = {}
        self._queued: list[Delivery] = []
        self._names: dict[int, str] = {}
        yield Drawn(self.tab_line, id="tabs")
        yield Drawn(self._age_line, id="title")
        with Container(id="health-deck"):
            with VerticalScroll(id="page-scroll"):
                yield Static(id="page")
            with Vertical(id="page-beside"):
                yield Drawn(self._beside, id="beside-lines")
        yield self.filter_bar()
        yield self.list_table(lacks=(SORTING,))

    @property
    def listed(self) -> Listed:
        return self.lists[max(self.tab - 1, 0)]

    @property
    def has_list(self) -> bool:
        return self.tab != HEALTH

    def tab_names(self) -> Sequence[str]:
        return TABS

    async def show_news(self, news: News, now: float) -> None:
        try:
            if news.read_at:
                self._queued = await self.console.view.deliveries(states=WAITING, limit=500)
                self._names = await self.console.view.names(sorted({each.target_id for each in news.jobs}))
        except VedetteError:
            pass  # the header says that the store cannot be read
        if self.has_list and self.stands:
            await self.offer_rows()
        if self.stands:
            self._draw()

    def beat(self, now: float) -> None:
        super().beat(now)
        self._draw()

    def show_tab(self) -> None:
        if self.has_list:
            self.turn_list()
        self._draw()
        (self.query_one("#page-scroll") if self.tab == HEALTH else self.listing).focus()
        self.query_one("#page-scroll").scroll_home(animate=False)

    def redraw(self) -> None:
        super().redraw()
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def on_mount(self) -> None:
        self.bar.display = False
        self.query_one("#page-scroll").focus()

    def _draw(self) -> None:
        self.listing.display = self.has_list
        self.bar.display = self.bar.display and self.has_list
        self.query_one("#health-deck").display = self.tab == HEALTH
        self.query_one("#page-beside").display = self._is_wide
        self.query_one("#page", Static).update(self._page())
        self.listing.refresh()
        for each in self.query(Drawn):
            each.refresh()

    # -- rows

    def records(self) -> dict[Any, Any]:
        self._things = self._found()
        return {name: self._record(str(name), found) for name, found in self._things.items()}

    def _record(self, name: str, found: Any) -> Record:
        """What a filter asks of a row."""
        if isinstance(found, Delivery):
            return delivery_record(found)
        record = {each.name: getattr(found, each.name) for each in fields(found)}
        if isinstance(found, AuditEntry):
            return record
        if isinstance(found, ChannelFigures):
            return {**record, "error": found.last_error, "key": found.type}
        if isinstance(found, WorkerFigures):
            return {**record, "name": name}
        return {**record, "id": name, "target": self._names.get(found.target_id, ""), "at": found.scheduled_for}

    def _found(self) -> dict[Any, Any]:
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

    def cells(self, identity: object) -> Sequence[Cell]:
        if identity not in self._things:
            return ()
        found, now, plain = self._things[identity], self.console.now(), self.console.plain
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
        return KINDS.get(name, "") if self.has_list else ""

    def age_words(self, width: int) -> list[tuple[str, str]]:
        return []  # its title tells

    def is_problem(self, record: Record) -> bool:
        return any(record.get(each) for each in ("error", "restarts", "failed")) or record.get("state") == "dead"

    def site_name(self) -> str:
        found = self._things.get(self.listing.cursor)
        return f"T-{found.target_id}" if str(self.listing.cursor).startswith("J-") and found is not None else ""

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self.query_one("#footer").refresh()

    async def on_row_opened(self, event: RowOpened) -> None:
        found = self._things.get(event.identity)
        if self.site_name():
            self.action_open_site()
        elif isinstance(found, Delivery):
            dead = found.state is DeliveryState.DEAD
            await self.console.go_to("alerts", f"D-{found.id}" if dead else f"A-{found.alert_id}")

    def action_rescan(self) -> None:
        """Try deliveries again, look again at the sites of jobs, send a test message through channels."""
        console, by = self.console, self.console.options.actor
        for name in [str(each) for each in self.listing.chosen if each in self._things] if self.has_list else []:
            found = self._things[name]
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
    def _of_the_engine(self) -> bool:
        """Whether what is in front was asked of the engine; else it was read in the store."""
        return TABS[self.tab] in ("Health", "Workers", "Channels")

    def seen(self) -> tuple[float | None, float]:
        status = self.console.news.status
        return (status.at if status else None, ASK_AGAIN) if self._of_the_engine else super().seen()

    def _age_line(self, width: int) -> Text:
        return aged(self.role, TITLES[TABS[self.tab]], width, self.console.glyphs.rule, age=self.age())
