"""Screen 2: every site, filtered while typing, with the marks that acts apply to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from core.query.filters import FIELDS, SortKey, parse, sort_records
from tui.news import SITES, News
from tui.panes.rows import SITE_COLUMNS, site_cells
from tui.screens.console import bound
from tui.screens.lists import ListScreen
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import RowOpened, Sort, VirtualTable

PROBLEMS = ("down", "inconclusive", "degraded", "unknown")


class SitesScreen(ListScreen):
    page: ClassVar[str] = "sites"
    wants: ClassVar[frozenset[str]] = frozenset({SITES})
    filter_kind: ClassVar[str] = "targets"
    BINDINGS: ClassVar[list[BindingType]] = bound(
        "object.rescan", "object.pause", "list.next_problem", "list.previous_problem"
    )

    def body(self) -> ComposeResult:
        self._records: dict[object, dict[str, Any]] = {}
        console = self.console
        yield self.filter_bar()
        yield VirtualTable(
            SITE_COLUMNS, OrderedRows((), self.cells), role=self.role, clock=console.now, glyphs=console.glyphs,
            sort=Sort("state", True), two_lines=True, empty="no site is watched, or none passes the filter", id="list",
        )  # fmt: skip

    async def show_news(self, news: News, now: float) -> None:
        self._records = {each["target_id"]: each for each in news.sites}
        self.listing.offer(self.rows())
        self.query_one("#verdict").refresh()
        self.query_one("#modes").refresh()

    def records(self) -> Mapping[object, dict[str, Any]]:
        return self._records

    def cells(self, identity: object) -> Sequence[Cell]:
        record = self._records.get(identity)
        return site_cells(record, self.console.now(), self.console.plain) if record else ()

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
