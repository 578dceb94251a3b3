"""Screen 1: what needs somebody, what changed just before, who was told, what comes next; and how the engine is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from core.errors import VedetteError
from core.model.alert import Alert, AlertState, Delivery
from core.model.change import Change
from core.model.record import TargetRecord
from core.view import Fleet, Pulse, Timeline, Trend
from tui import news as read
from tui import wording
from tui.news import News
from tui.panes import engine, overview
from tui.panes.paint import Drawn, aged, page
from tui.panes.peaks import Peaks
from tui.panes.rows import (
    ALERT_COLUMNS,
    CHANGE_COLUMNS,
    SITE_COLUMNS,
    alert_cells,
    change_cells,
    site_cells,
    worst_first,
)
from tui.screens.acts import EVENT_ACTS, EventScreen, each_of, sites_of
from tui.screens.console import bound
from tui.widgets.chart import Look, StillChart
from tui.widgets.freshness import Freshness, freshness
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import SORTING, CursorMoved, RowOpened, VirtualTable

HUGE, WIDE, TALL = 160, 120, 30
DAY = 86_400.0
TREND_EVERY = 30.0
HEAT_LINES = 8
AGEING = ("needs-title", "sites-title", "latest-title", "pulse-title", "heat-title", "chosen-title", "timeline-title",
          "timeline", "engine-title", "engine")  # fmt: skip
OF_CHOSEN = ("need-line", "chosen-title", "timeline-title", "timeline")


def _happened(timeline: Timeline) -> tuple[object, ...]:
    return timeline.changes, timeline.alerts


class OverviewScreen(EventScreen):
    page: ClassVar[str] = "overview"
    wants: ClassVar[frozenset[str]] = frozenset()
    BINDINGS: ClassVar[list[BindingType]] = bound(*EVENT_ACTS)

    def body(self) -> ComposeResult:
        self._needs: dict[object, Alert | Delivery] = {}
        self._changes: dict[object, Change] = {}
        self._fleet = Fleet()
        self._sites: dict[object, TargetRecord] = {}
        self._dues: dict[int, float] = {}
        self._pulse: Pulse | None = None
        self._timeline: tuple[int, Timeline] | None = None
        self._trend: tuple[int, float, Trend] | None = None
        self._peaks = Peaks()
        self._asking = self._asked_again = False
        self._drawn: dict[str | None, Drawn] = {}
        with Container(id="deck"):
            with Vertical(id="left"):
                yield from self._left()
            with Vertical(id="right"):
                yield Drawn(self._heat_title, id="heat-title")
                yield Drawn(self._heat, id="heat")
                yield Drawn(self._chosen_title, id="chosen-title")
                yield StillChart(self._look(), id="chosen")
                yield Drawn(self._timeline_title, id="timeline-title")
                yield Drawn(self._timeline_lines, id="timeline")
        yield Drawn(self._engine_title, id="engine-title")
        yield Drawn(self._engine, id="engine")

    def _left(self) -> ComposeResult:
        console = self.console
        nothing = OrderedRows((), self._need_cells)
        shared: dict[str, Any] = {
            "role": self.role, "clock": console.now, "glyphs": console.glyphs, "lacks": (SORTING,),
        }  # fmt: skip
        yield Drawn(self._needs_title, id="needs-title")
        yield VirtualTable(ALERT_COLUMNS, nothing, id="needs", empty="nothing needs you", two_lines=True, **shared)
        yield Drawn(self._need_line, id="need-line")
        yield Drawn(self._pulse_title, id="pulse-title")
        yield Drawn(self._pulse_lines, id="pulse")
        yield Drawn(self._sites_title, id="sites-title")
        yield VirtualTable(SITE_COLUMNS, nothing, id="fleet", empty="no site is watched yet", **shared)
        yield Drawn(self._latest_title, id="latest-title")
        yield VirtualTable(CHANGE_COLUMNS, nothing, id="latest", empty="nothing has changed yet", **shared)

    def on_mount(self) -> None:
        self._drawn = {each.id: each for each in self.query(Drawn)}

    def wanted(self) -> frozenset[str]:
        return frozenset({read.FLEET}) if self.size.width >= HUGE else frozenset()

    def _look(self) -> Look:
        glyphs = self.console.glyphs
        return Look(self.role, self.console.skin.roles.series, glyphs.chart, glyphs)

    # -- news

    async def show_news(self, news: News, now: float) -> None:
        alerts = worst_first(each for each in news.open_alerts if each.state is not AlertState.SILENCED)
        self._needs = {f"A-{each.id}": each for each in alerts} | {f"D-{each.id}": each for each in news.dead}
        self._changes = {each.id: each for each in news.latest}
        needs = self.query_one("#needs", VirtualTable)
        watched = any(news.states.values()) or not news.read_at
        needs.set_empty("nothing needs you" if watched else "nothing is watched yet: 2, then + adds the first site")
        needs.offer(OrderedRows(tuple(self._needs), self._need_cells))
        if needs.untouched:
            needs.rest()
        latest = tuple(each.id for each in news.latest)
        stream = self.query_one("#latest", VirtualTable)
        stream.offer(OrderedRows(latest, self._change_cells))
        if not stream.has_focus:
            stream.rest()
        if self._fleet is not news.fleet:
            self._show_fleet(news.fleet)
        self._fit()
        if news.read_at:
            self._ask()
        self._draw_again()

    def _show_fleet(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._sites = {each.target_id: each for each in fleet.worst}
        table = self.query_one("#fleet", VirtualTable)
        table.offer(OrderedRows(tuple(self._sites), self._site_cells))
        if not table.has_focus:
            table.rest()
        self.query_one("#heat", Drawn).renew()

    def _ask(self) -> None:
        """One question at a time; what was asked meanwhile is asked once more afterwards."""
        self._asked_again = self._asking
        if not self._asking:
            self._asking = True
            self.run_worker(self._read_more(), group="overview")

    async def _read_more(self) -> None:
        """What takes a question of its own: next looks, the strips, and the time of what is chosen."""
        try:
            await self._read_now(self.console.now())
            while self._asked_again:
                self._asked_again = False
                await self._read_now(self.console.now())
        except VedetteError:
            return  # the header says that the store cannot be read
        finally:
            self._asking = False

    async def _read_now(self, now: float) -> None:
        view = self.console.view
        targets = sorted({each.target_id for each in self._needs.values() if isinstance(each, Alert)})[:500]
        self._dues = await view.dues(targets)
        if self._pulse is None or now - self._pulse.until >= self._pulse_every:
            self._pulse = await view.pulse(now)
            self._renew("pulse", "pulse-title")
        await self._read_chosen(now)
        fleet = self.query_one("#fleet", VirtualTable)
        if fleet.display and (wanted := self._peaks.wanted(fleet.in_view, now)):
            self._peaks.take(await view.peaks(wanted, now), now)
            fleet.refresh()
        self._renew(*OF_CHOSEN)

    async def _read_chosen(self, now: float) -> None:
        target = self._target_id()
        if not target:
            self._timeline = None
            return
        view, known = self.console.view, self._timeline
        self._timeline = (target, await view.timeline(target, now))
        if self.size.width < HUGE:
            return
        same = known is not None and _happened(known[1]) == _happened(self._timeline[1])
        if self._trend is None or self._trend[0] != target or now - self._trend[1] >= TREND_EVERY or not same:
            self._trend = (target, now, await view.trend(target, "ttfb_ms", now - DAY, now))
            self._draw_chart(now)

    def _draw_chart(self, now: float) -> None:
        if self._trend is None or self._timeline is None:
            return
        drawn = self.query_one("#chosen", StillChart)
        drawn.show(overview.trend_of(self._trend[2], self._timeline[1]), overview.window_of(self._trend[2], now))

    @property
    def _pulse_every(self) -> float:
        pulse = self._pulse
        return max((pulse.until - pulse.since) / len(pulse.scans), 5.0) if pulse else 5.0

    def beat(self, now: float) -> None:
        super().beat(now)
        if self.console.frozen_at is None:
            self._renew(*AGEING)

    def _renew(self, *names: str) -> None:
        for name in names:
            if name in self._drawn:
                self._drawn[name].renew()

    def _draw_again(self) -> None:
        """What news and the cursor change; the strips and the fleet are drawn when there are others."""
        self._renew("verdict", "modes", "footer", *AGEING, *OF_CHOSEN)

    # -- room

    def _fit(self) -> None:
        """What needs somebody takes the room it needs, at most a third where there is more to see."""
        height, width = self.size.height, self.size.width
        alone = height < 20 and width < 60
        needs = max(min(len(self._needs) + 1, (height - 8) // 3), 3)
        self.query_one("#needs").styles.height = "1fr" if alone else needs
        strips = 5 if height >= TALL else 4
        self.query_one("#pulse").styles.height = strips
        heat = overview.heat_height(self._fleet, max(width // 2, 1), HEAT_LINES)
        self.query_one("#heat").styles.height = heat if width >= HUGE else 1
        beside = width >= WIDE and height >= TALL
        self.query_one("#right").display = beside
        for name in ("#heat-title", "#heat", "#chosen-title", "#chosen", "#sites-title", "#fleet"):
            self.query_one(name).display = width >= HUGE and height >= TALL

    def on_resize(self) -> None:
        self._fit()
        if self.focused is None:
            self.call_after_refresh(self.query_one("#needs").focus)
        if self.console.news.read_at:
            self.call_after_refresh(self._ask)

    def redraw(self) -> None:
        super().redraw()
        self.query_one("#chosen", StillChart).set_look(self._look())

    # -- rows

    def _need_cells(self, identity: object) -> Sequence[Cell]:
        found, now, plain = self._needs.get(identity), self.console.now(), self.console.plain
        if isinstance(found, Alert):
            return alert_cells(found, now, plain, self._dues.get(found.target_id))
        if found is None:
            return ()
        sign = wording.delivery_sign(found.state)
        return (
            Cell(f"{sign.mark(plain)}{sign.brief}", sign.role), Cell(f"D-{found.id}"), Cell(found.channel),
            Cell(f"told nobody: {found.response or 'no answer'}"), Cell(wording.age(found.at, now), "muted"),
            Cell("dead", sign.role), Cell("nobody told", "muted"), Cell("waits for you", "muted"),
        )  # fmt: skip

    def _change_cells(self, identity: object) -> Sequence[Cell]:
        found = self._changes.get(identity)
        return change_cells(found, self.console.now(), self.console.plain) if found else ()

    def _site_cells(self, identity: object) -> Sequence[Cell]:
        record = self._sites.get(identity)
        now, glyphs = self.console.now(), self.console.glyphs
        return site_cells(record, now, glyphs.plain, self._peaks.line(record["target_id"], glyphs)) if record else ()

    # -- headings and lines

    def _age(self, at: float | None, every: float) -> Freshness:
        """How old a pane is; while frozen the header says since when."""
        now = self.console.frozen_at or self.console.now()
        return freshness(at or None, every, now)

    def _aged(self, title: str, width: int, right: str = "") -> Text:
        age = self._age(self.console.news.read_at, read.READ_AGAIN)
        return aged(self.role, title, width, self.console.glyphs.rule, age=age, right=right)

    def _needs_title(self, width: int) -> Text:
        return self._aged("Needs you (worst first)", width, f"{len(self._needs):,}" if self._needs else "")

    def _latest_title(self, width: int) -> Text:
        return self._aged("Latest changes", width)

    def _fleet_aged(self, title: str, width: int, right: str = "") -> Text:
        age = self._age(self.console.news.seen.get(read.FLEET), read.READ_AGAIN)
        return aged(self.role, title, width, self.console.glyphs.rule, age=age, right=right)

    def _sites_title(self, width: int) -> Text:
        shown, all_of_them = len(self._sites), len(self._fleet.states)
        right = f"{shown:,} of {all_of_them:,}" if shown < all_of_them else f"{shown:,}"
        return self._fleet_aged("Sites (worst first)", width, right)

    def _pulse_title(self, width: int) -> Text:
        title, right = overview.pulse_title(self._pulse)
        age = self._age(self._pulse.until if self._pulse else None, self._pulse_every)
        return aged(self.role, title, width, self.console.glyphs.rule, age=age, right=right)

    def _engine_title(self, width: int) -> Text:
        status = self.console.news.status
        age = self._age(status.at if status else None, read.ASK_AGAIN)
        return aged(self.role, "Engine", width, self.console.glyphs.rule, age=age)

    def _heat_title(self, width: int) -> Text:
        height = self.query_one("#heat").size.height
        return self._fleet_aged(overview.heat_title(self._fleet, width, height), width)

    def _chosen_title(self, width: int) -> Text:
        drawn = self.query_one("#chosen", StillChart).window.seconds
        return self._aged(f"{self._chosen_name()}: first byte, last {wording.duration(drawn - 1)}", width)

    def _timeline_title(self, width: int) -> Text:
        return self._aged(f"{self._chosen_name()}: timeline", width)

    def _chosen_name(self) -> str:
        found = self._chosen()
        name = found["name"] if isinstance(found, TargetRecord) else getattr(found, "target", "")
        return str(name or "nothing chosen")

    def _need_line(self, width: int) -> Text:
        found = self._needs.get(self.query_one("#needs", VirtualTable).cursor)
        target = found.target_id if isinstance(found, Alert) else 0
        timeline = self._timeline[1] if self._timeline and self._timeline[0] == target else None
        parts = overview.need_parts(found, timeline, width)
        return page(self.role, [parts], width)

    def _pulse_lines(self, width: int) -> Text:
        rows = self.query_one("#pulse").size.height
        return page(self.role, overview.pulse_lines(self._pulse, width, rows, self.console.glyphs), width)

    def _heat(self, width: int) -> Text:
        height = self.query_one("#heat").size.height
        return page(self.role, overview.heat_lines(self._fleet, width, height, self.console.glyphs), width)

    def _timeline_lines(self, width: int) -> Text:
        rows, now = self.query_one("#timeline").size.height, self.console.now()
        if self._timeline is None:
            return page(self.role, [[(" put the cursor on an alert, a change or a site", "muted")]], width)
        return overview.story(self.role, self._timeline[1], now, self.console.plain, (width, rows))

    def _engine(self, width: int) -> Text:
        return page(self.role, engine.strip(self.console.news, self.console.plain, width), width)

    # -- what the cursor stands on

    def _table(self) -> VirtualTable:
        focused = self.focused
        return focused if isinstance(focused, VirtualTable) else self.query_one("#needs", VirtualTable)

    def _chosen(self) -> Alert | Delivery | Change | TargetRecord | None:
        """What the cursor of the pane in focus stands on; without one, that of what needs somebody."""
        table = self._table()
        if table.id == "latest":
            return self._changes.get(table.cursor)
        return self._sites.get(table.cursor) if table.id == "fleet" else self._needs.get(table.cursor)

    def _target_id(self) -> int:
        found = self._chosen()
        if isinstance(found, TargetRecord):
            return int(found["target_id"])
        return found.target_id if isinstance(found, (Alert, Change)) else 0

    def _alert(self) -> Alert | None:
        found = self._chosen() if self._table().has_focus else None
        return found if isinstance(found, Alert) else None

    def _change(self) -> Change | None:
        found = self._chosen()
        return found if isinstance(found, Change) else None

    def thing(self, identity: object) -> object | None:
        kinds: dict[str | None, Mapping[object, object]] = {"latest": self._changes, "fleet": self._sites}
        return kinds.get(self._table().id, self._needs).get(identity)

    def kind(self) -> str:
        found = self._chosen() if self._table().has_focus else None
        if isinstance(found, (TargetRecord, Delivery)):
            return "target" if isinstance(found, TargetRecord) else "delivery"
        return "change" if self._change() else "alert" if self._alert() else ""

    def chosen_alerts(self) -> list[str]:
        table = self._table()
        named = [str(each) for each in table.chosen if str(each).startswith("A-")]
        return named if table.has_focus and table.id == "needs" else []

    def chosen_changes(self) -> list[str]:
        table = self._table()
        return [f"C-{each}" for each in table.chosen] if table.has_focus and table.id == "latest" else []

    def site_name(self) -> str:
        target = self._target_id()
        return f"T-{target}" if target else ""

    def _rows_chosen(self) -> list[object]:
        """What is marked in the pane in focus, else what its cursor stands on."""
        table = self._table()
        return [self.thing(each) for each in table.chosen] if table.has_focus else []

    def sites_chosen(self) -> list[str]:
        rows = self._rows_chosen()
        named = [f"T-{each['target_id']}" for each in rows if isinstance(each, TargetRecord)]
        return named or sites_of(rows)

    def action_rescan(self) -> None:
        """Look again at the sites of what is chosen, and try its dead letters again."""
        console = self.console
        letters = [f"D-{each.id}" for each in self._rows_chosen() if isinstance(each, Delivery)]
        if letters:
            doing = each_of(letters, lambda name: console.operations.requeue(name, console.options.actor))
            self.act_on(letters, " tried again", doing)
        if not letters or self.sites_chosen():
            super().action_rescan()

    async def on_row_opened(self, event: RowOpened) -> None:
        if event.table.id == "fleet":
            self.console.open_site(f"T-{event.identity}")
        else:
            await self.console.go_to("changes" if event.table.id == "latest" else "alerts", event.identity)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self._look_again()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._look_again()

    def _look_again(self) -> None:
        if self.console.news.read_at:
            self._ask()
        self._draw_again()
