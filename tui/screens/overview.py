"""Screen 1: what needs somebody, worst first; what changed just before; and how the engine is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType

from core.model.alert import Alert, AlertState, Delivery
from core.model.change import Change
from tui import wording
from tui.news import News
from tui.panes import engine
from tui.panes.paint import Drawn, page, ruled
from tui.panes.rows import ALERT_COLUMNS, CHANGE_COLUMNS, alert_cells, change_cells, worst_first
from tui.screens.acts import EVENT_ACTS, EventScreen
from tui.screens.console import bound
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import CursorMoved, RowOpened, VirtualTable


class OverviewScreen(EventScreen):
    page: ClassVar[str] = "overview"
    wants: ClassVar[frozenset[str]] = frozenset()
    BINDINGS: ClassVar[list[BindingType]] = bound(*EVENT_ACTS)

    def body(self) -> ComposeResult:
        self._needs: dict[object, Alert | Delivery] = {}
        self._changes: dict[object, Change] = {}
        console = self.console
        nothing = OrderedRows((), self._need_cells)
        shared = {"role": self.role, "clock": console.now, "glyphs": console.glyphs}
        yield Drawn(self._needs_title, id="needs-title")
        yield VirtualTable(ALERT_COLUMNS, nothing, id="needs", empty="nothing needs you", two_lines=True, **shared)  # type: ignore[arg-type]
        yield Drawn(self._latest_title, id="latest-title")
        yield VirtualTable(CHANGE_COLUMNS, nothing, id="latest", empty="nothing has changed yet", **shared)  # type: ignore[arg-type]
        yield Drawn(self._engine_title, id="engine-title")
        yield Drawn(self._engine, id="engine")

    async def show_news(self, news: News, now: float) -> None:
        alerts = worst_first(each for each in news.open_alerts if each.state is not AlertState.SILENCED)
        self._needs = {f"A-{each.id}": each for each in alerts} | {f"D-{each.id}": each for each in news.dead}
        self._changes = {each.id: each for each in news.latest}
        self.query_one("#needs", VirtualTable).offer(OrderedRows(tuple(self._needs), self._need_cells))
        latest = tuple(each.id for each in news.latest)
        self.query_one("#latest", VirtualTable).offer(OrderedRows(latest, self._change_cells))
        self._fit(len(self._needs))
        for each in self.query(Drawn):
            each.refresh()

    def _fit(self, needs: int) -> None:
        """What needs somebody takes the room it needs, at most half."""
        most = max((self.size.height - 8) // 2, 3)
        alone = self.size.height < 20 and self.size.width < 60
        self.query_one("#needs").styles.height = "1fr" if alone else max(min(needs + 1, most), 3)

    def on_resize(self) -> None:
        self._fit(len(self._needs))

    def beat(self, now: float) -> None:
        super().beat(now)
        self.query_one("#engine").refresh()

    def _need_cells(self, identity: object) -> Sequence[Cell]:
        found, now, plain = self._needs.get(identity), self.console.now(), self.console.plain
        if isinstance(found, Alert):
            return alert_cells(found, now, plain)
        if found is None:
            return ()
        sign = wording.delivery_sign(found.state)
        return (
            Cell(f"{sign.mark(plain)}{sign.brief}", sign.role), Cell(f"D-{found.id}"), Cell(found.channel),
            Cell(f"told nobody: {found.response or 'no answer'}"), Cell(wording.age(found.at, now), "muted"),
            Cell("dead", sign.role), Cell("waits for you", "muted"),
        )  # fmt: skip

    def _change_cells(self, identity: object) -> Sequence[Cell]:
        found = self._changes.get(identity)
        return change_cells(found, self.console.now(), self.console.plain) if found else ()

    def _needs_title(self, width: int) -> Text:
        rule = self.console.glyphs.rule
        return ruled(self.role, "Needs you (worst first)", width, rule, str(len(self._needs)) if self._needs else "")

    def _latest_title(self, width: int) -> Text:
        return ruled(self.role, "Latest changes", width, self.console.glyphs.rule)

    def _engine_title(self, width: int) -> Text:
        return ruled(self.role, "Engine", width, self.console.glyphs.rule, self.console.engine_state[0])

    def _engine(self, width: int) -> Text:
        return page(self.role, engine.strip(self.console.news, self.console.plain), width)

    # -- what the cursor stands on

    def _alert(self) -> Alert | None:
        table = self.query_one("#needs", VirtualTable)
        found = self._needs.get(table.cursor) if table.has_focus else None
        return found if isinstance(found, Alert) else None

    def _change(self) -> Change | None:
        table = self.query_one("#latest", VirtualTable)
        return self._changes.get(table.cursor) if table.has_focus else None

    def kind(self) -> str:
        if self._change():
            return "change"
        return "alert" if self._alert() else ""

    def chosen_alerts(self) -> list[str]:
        table = self.query_one("#needs", VirtualTable)
        return [str(each) for each in table.chosen if str(each).startswith("A-")] if table.has_focus else []

    def chosen_changes(self) -> list[str]:
        table = self.query_one("#latest", VirtualTable)
        return [f"C-{each}" for each in table.chosen] if table.has_focus else []

    def site_name(self) -> str:
        found = self._alert() or self._change()
        return f"T-{found.target_id}" if found and found.target_id else ""

    async def on_row_opened(self, event: RowOpened) -> None:
        if event.table.id == "latest":
            await self.console.go_to("changes", event.identity)
        else:
            await self.console.go_to("alerts", event.identity)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self.query_one("#footer").refresh()
