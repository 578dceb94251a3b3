"""Screen 2: every site, filtered while typing, with the marks that acts apply to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from core.errors import VedetteError
from core.model.record import TargetRecord
from core.query.fields import GRADE_RANK, STATE_RANK
from core.query.filters import Query, compile_target_filter
from core.view import Timeline
from tui.news import SITES, News
from tui.panes.inspected import inspected, inspected_line
from tui.panes.paint import Drawn, aged, page
from tui.panes.peaks import Peaks
from tui.panes.rows import SITE_COLUMNS, site_cells
from tui.screens.console import bound
from tui.screens.coursed import CoursedScreen
from tui.screens.lists import Listed
from tui.screens.targets import TARGET_ACTS, TargetScreen
from tui.sift import Record
from tui.widgets.rows import Cell
from tui.widgets.table import CursorMoved, RowOpened, Sort

RANKS: dict[str, Callable[[Any], Any]] = {  # the same order as the filter language's, in a fraction of the time
    "name": lambda record: record.name.lower(),
    "state": lambda record: STATE_RANK[record.status],
    "ttfb_ms": attrgetter("ttfb_ms"),
    "total_ms": attrgetter("total_ms"),
    "cert": attrgetter("cert"),
    "sec": lambda record: GRADE_RANK.get(record.sec),
    "seen": attrgetter("last_at"),
}
MOST_AT_ONCE = 2000  # so many moved sites are put where they belong in 5 ms
PROBLEMS = ("down", "inconclusive", "degraded", "unknown")


class SitesScreen(TargetScreen, CoursedScreen):
    page: ClassVar[str] = "sites"
    wants: ClassVar[frozenset[str]] = frozenset({SITES})
    own: ClassVar[Callable[[Any], Any]] = RANKS["name"]
    lists: ClassVar[tuple[Listed, ...]] = (
        Listed("sites", "targets", SITE_COLUMNS, Sort("state", True),
               none="no site is watched yet: + adds one"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = bound(
        "object.rescan", "object.pause", "object.trends", "collection.add", *TARGET_ACTS
    )

    def body(self) -> ComposeResult:
        self._version = 0
        self._peaks = Peaks()
        self._chosen_at: tuple[object, Timeline] | None = None
        self._asking = False
        yield self.filter_bar()
        with Container(classes="split"):
            yield self.list_table()
            with Vertical(classes="inspector", id="beside"):
                yield Drawn(self._beside_title, id="beside-title")
                yield Drawn(self._beside, id="beside-lines")
                yield from self.course_panes()
        yield Drawn(self._below, id="below")

    async def show_news(self, news: News, now: float) -> None:
        moved, known = news.records.since(self._version), news.records.known
        self._version = news.records.version
        if moved is None or len(moved) > MOST_AT_ONCE:
            await self.offer_rows()
        else:
            gone = [each for each in moved if each not in known]
            await self.offer_moved({each: known[each] for each in moved if each in known}, gone)
        if self.stands:
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
            while self.stands:
                wanted, chosen, now = self._wanted(), self.listing.cursor, self.console.now()
                if wanted:
                    self._peaks.take(await view.peaks(wanted, now), now)
                if isinstance(chosen, int):
                    self._chosen_at = (chosen, await view.timeline(chosen, now))
                if not self.stands:
                    return
                self.listing.refresh()
                self._draw_inspector()
                self.draw_course()
                if chosen == self.listing.cursor and not self._wanted():
                    return
        except VedetteError:
            return  # the header says that the store cannot be read
        finally:
            self._asking = False

    def _draw_inspector(self) -> None:
        for each in self.query("#beside-title, #beside-lines, #below").results(Drawn):
            each.renew()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self.query_one("#footer").refresh()
        self._draw_inspector()
        self.draw_course()
        self._ask()
        self.ask_course()

    def beat(self, now: float) -> None:
        super().beat(now)
        self._draw_inspector()
        if self._wanted():
            self._ask()

    def course_of(self) -> tuple[int, Timeline | None]:
        chosen = self.listing.cursor
        return (chosen, self._inspected()[1]) if isinstance(chosen, int) else (0, None)

    def _inspected(self) -> tuple[TargetRecord | None, Timeline | None]:
        chosen = self.listing.cursor
        timeline = self._chosen_at[1] if self._chosen_at and self._chosen_at[0] == chosen else None
        return self._records.get(chosen), timeline

    def _below(self, width: int) -> Text:
        record, timeline = self._inspected()
        parts = inspected_line(record, timeline, self.console.now(), self.console.glyphs)
        return page(self.role, [parts], width)

    def _beside_title(self, width: int) -> Text:
        record, _ = self._inspected()
        words = str(record["name"]) if record else "no site"
        return aged(self.role, words, width, self.console.glyphs.rule, age=self.age())

    def _beside(self, width: int) -> Text:
        record, timeline = self._inspected()
        return page(self.role, inspected(record, timeline, self.console.now(), self.console.plain), width)

    def records(self) -> dict[Any, Any]:
        return dict(self.console.news.records.known)

    def cells(self, identity: object) -> Sequence[Cell]:
        record = self._records.get(identity)
        if record is None:
            return ()
        now, glyphs = self.console.now(), self.console.glyphs
        return site_cells(record, now, glyphs.plain, self._peaks.line(record["target_id"], glyphs))

    def rank(self, column: str) -> Callable[[Record], Any] | None:
        return RANKS.get(column) or super().rank(column)

    def test(self, query: Query) -> Callable[[Any], bool]:
        return compile_target_filter(query, self.console.now())

    def is_problem(self, record: Record) -> bool:
        return record["state"] in PROBLEMS

    def thing(self, identity: object) -> object | None:
        return self._records.get(identity)

    def kind(self) -> str:
        return "target" if self.listing.cursor is not None else ""

    def _chosen(self) -> list[TargetRecord]:
        return [self._records[each] for each in self.listing.chosen if each in self._records]

    def chosen_sites(self) -> list[str]:
        return [str(each["id"]) for each in self._chosen()]

    def site_name(self) -> str:
        return f"T-{self.listing.cursor}" if self.listing.cursor in self._records else ""

    def on_row_opened(self, event: RowOpened) -> None:
        self.console.open_site(f"T-{event.identity}")

    def action_rescan(self) -> None:
        if chosen := self._chosen():
            console, names = self.console, [str(each["id"]) for each in chosen]
            doing = console.operations.rescan(names, console.options.actor)
            self.act_on(_named(chosen), ": looked at again soon", doing)
        else:
            self._nothing()

    def action_pause(self) -> None:
        """Pause what is chosen; when all of it is paused, resume it."""
        if chosen := self._chosen():
            console, paused = self.console, not all(each["paused"] for each in chosen)
            names = [str(each["id"]) for each in chosen]
            doing = console.operations.pause_targets(names, paused, console.options.actor)
            self.act_on(_named(chosen), f": {'paused' if paused else 'resumed'}", doing)
        else:
            self._nothing()


def _named(chosen: Sequence[TargetRecord]) -> list[str]:
    return [str(each["name"]) for each in chosen]
