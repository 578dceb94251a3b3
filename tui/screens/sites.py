"""Screen 2: every site, filtered while typing, with the marks that acts apply to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from core.errors import VedetteError
from core.query.filters import FIELDS, SortKey, parse, sort_records
from core.view import Timeline
from tui.news import READ_AGAIN, SITES, News
from tui.panes.inspected import inspected, inspected_line
from tui.panes.paint import Drawn, aged, page
from tui.panes.peaks import Peaks
from tui.panes.rows import SITE_COLUMNS, site_cells
from tui.screens.console import bound
from tui.screens.lists import ListScreen
from tui.screens.targets import TARGET_ACTS, TargetScreen
from tui.widgets.freshness import freshness
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import CursorMoved, RowOpened, Sort, VirtualTable

PROBLEMS = ("down", "inconclusive", "degraded", "unknown")


class SitesScreen(TargetScreen, ListScreen):
    page: ClassVar[str] = "sites"
    wants: ClassVar[frozenset[str]] = frozenset({SITES})
    filter_kind: ClassVar[str] = "targets"
    BINDINGS: ClassVar[list[BindingType]] = bound(
        "object.rescan", "object.pause", "list.next_problem", "list.previous_problem", "collection.add", *TARGET_ACTS
    )

    def body(self) -> ComposeResult:
        self._records: dict[object, dict[str, Any]] = {}
        console = self.console
        self._peaks = Peaks()
        self._chosen_at: tuple[object, Timeline] | None = None
        self._asking = False
        yield self.filter_bar()
        with Container(classes="split"):
            yield VirtualTable(
                SITE_COLUMNS, OrderedRows((), self.cells), role=self.role, clock=console.now, glyphs=console.glyphs,
                sort=Sort("state", True), two_lines=True, empty="no site is watched, or none passes the filter",
                id="list",
            )  # fmt: skip
            with Vertical(classes="inspector", id="beside"):
                yield Drawn(self._beside_title, id="beside-title")
                yield Drawn(self._beside, id="beside-lines")
        yield Drawn(self._below, id="below")

    async def show_news(self, news: News, now: float) -> None:
        self._records = {each["target_id"]: each for each in news.sites}
        self.listing.offer(self.rows())
        self.query_one("#verdict").refresh()
        self.query_one("#modes").refresh()
        self.call_after_refresh(self._ask)

    # -- the site under the cursor, and the last hour of those in view

    def _ask(self) -> None:
        if not self._asking and self.console.news.read_at:
            self._asking = True
            self.run_worker(self._read_more(), group="sites")

    def _wanted(self) -> list[int]:
        return self._peaks.wanted(self.listing.in_view, self.console.now())

    def on_resize(self) -> None:
        self.call_after_refresh(self._ask)

    async def _read_more(self) -> None:
        """Until nothing more is wanted: the cursor may have moved on, and more rows come into view."""
        view = self.console.view
        try:
            while True:
                wanted, chosen, now = self._wanted(), self.listing.cursor, self.console.now()
                if wanted:
                    self._peaks.take(await view.peaks(wanted, now), now)
                    self.listing.refresh()
                if isinstance(chosen, int):
                    self._chosen_at = (chosen, await view.timeline(chosen, now))
                self._draw_inspector()
                if chosen == self.listing.cursor and not self._wanted():
                    return
        except VedetteError:
            return  # the header says that the store cannot be read
        finally:
            self._asking = False

    def _draw_inspector(self) -> None:
        for name in ("#beside-title", "#beside-lines", "#below"):
            self.query_one(name).refresh()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self._draw_inspector()
        self._ask()

    def beat(self, now: float) -> None:
        super().beat(now)
        self._draw_inspector()
        if self._wanted():
            self._ask()

    def _inspected(self) -> tuple[dict[str, Any] | None, Timeline | None]:
        chosen = self.listing.cursor
        timeline = self._chosen_at[1] if self._chosen_at and self._chosen_at[0] == chosen else None
        return self._records.get(chosen), timeline

    def _below(self, width: int) -> Text:
        record, timeline = self._inspected()
        parts = inspected_line(record, timeline, self.console.now(), self.console.glyphs)
        return page(self.role, [parts], width)

    def _beside_title(self, width: int) -> Text:
        record, _ = self._inspected()
        age = freshness(self.console.news.read_at or None, READ_AGAIN, self.console.frozen_at or self.console.now())
        words = str(record["name"]) if record else "no site"
        return aged(self.role, words, width, self.console.glyphs.rule, age=age)

    def _beside(self, width: int) -> Text:
        record, timeline = self._inspected()
        rows = self.query_one("#beside-lines").size.height
        return page(self.role, inspected(record, timeline, self.console.now(), self.console.glyphs, rows), width)

    def records(self) -> Mapping[object, dict[str, Any]]:
        return self._records

    def cells(self, identity: object) -> Sequence[Cell]:
        record = self._records.get(identity)
        if record is None:
            return ()
        now, glyphs = self.console.now(), self.console.glyphs
        return site_cells(record, now, glyphs.plain, self._peaks.line(record["target_id"], glyphs))

    def ordered(self, identities: Sequence[object], sort: Sort | None) -> Sequence[object]:
        key = sort.key if sort and sort.key in FIELDS else "state"
        query = parse("sort:name")
        order = (SortKey(key, bool(sort and sort.descending)), SortKey("name"))
        records = ({**self._records[each], "_": each} for each in identities)
        return [each["_"] for each in sort_records(type(query)(query.expression, order), records, self.console.now())]

    def kind(self) -> str:
        return "target" if self.listing.cursor is not None else ""

    def _chosen(self) -> list[dict[str, Any]]:
        return [self._records[each] for each in self.listing.chosen if each in self._records]

    def chosen_sites(self) -> list[str]:
        return [str(each["id"]) for each in self._chosen()]

    def on_row_opened(self, event: RowOpened) -> None:
        self.console.open_site(f"T-{event.identity}")

    def action_rescan(self) -> None:
        if chosen := self._chosen():
            console = self.console
            names = [str(each["id"]) for each in chosen]
            console.act(
                f"{_named(chosen)}: looked at again soon", console.operations.rescan(names, console.options.actor)
            )

    def action_pause(self) -> None:
        """Pause what is chosen; when all of it is paused, resume it."""
        if chosen := self._chosen():
            console, paused = self.console, not all(each["paused"] for each in chosen)
            names = [str(each["id"]) for each in chosen]
            doing = console.operations.pause_targets(names, paused, console.options.actor)
            console.act(f"{_named(chosen)}: {'paused' if paused else 'resumed'}", doing)

    def action_next_problem(self) -> None:
        self._to_problem(1)

    def action_previous_problem(self) -> None:
        self._to_problem(-1)

    def _to_problem(self, step: int) -> None:
        rows, at = self.listing.rows, self.listing.cursor_index
        for distance in range(1, rows.count()):
            identity = rows.identity((at + step * distance) % rows.count())
            if self._records[identity]["state"] in PROBLEMS:
                self.listing.move_to(identity)
                return
        self.console.tell("no other site has a problem")


def _named(chosen: Sequence[dict[str, Any]]) -> str:
    first = str(chosen[0]["name"])
    return first if len(chosen) == 1 else f"{first} and {len(chosen) - 1} more"
