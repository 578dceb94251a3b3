"""Screen 3: the stream of changes; below it what differs, why it was judged so, and from what it was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll

from core.model.change import Change, Severity
from core.query.records import change_record
from tui import wording
from tui.news import ALERTS, CHANGES, TOLD, News
from tui.panes.event import beside, change_lines
from tui.panes.paint import Drawn, Flowing, flowed, page, ruled
from tui.panes.rows import CHANGE_COLUMNS, CHANGE_KEYS, change_cells
from tui.screens.acts import SITE_ACTS, sites_of
from tui.screens.console import bound
from tui.screens.lists import Listed
from tui.screens.reading import ReadingScreen
from tui.sift import Record
from tui.widgets.diffview import DiffView
from tui.widgets.rows import Cell
from tui.widgets.table import CursorMoved, RowOpened, Sort


class ChangesScreen(ReadingScreen):
    page: ClassVar[str] = "changes"
    reader: ClassVar[str] = "DiffView"
    wants: ClassVar[frozenset[str]] = frozenset({CHANGES, ALERTS})
    lists: ClassVar[tuple[Listed, ...]] = (
        Listed("changes", "changes", CHANGE_COLUMNS, Sort("at", True), "-suppressed",
               "nothing has changed yet"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = bound(
        "object.acknowledge", "object.verdict", "object.diff", "diff.turn", *SITE_ACTS
    )

    def body(self) -> ComposeResult:
        self._changes: dict[object, Change] = {}
        self._shown: Change | None = None
        yield self.filter_bar()
        with Container(classes="split"):
            yield self.list_table()
            with Vertical(classes="inspector"):
                yield Drawn(self._title, id="title")
                yield DiffView(role=self.role, glyphs=self.console.glyphs, id="diff")
                yield Drawn(self._why_title, id="why-title")
                with VerticalScroll(id="why-scroll"):
                    yield Flowing(self._why, id="why")

    async def show_news(self, news: News, now: float) -> None:
        self._changes = {each.id: each for each in news.changes}
        await self.offer_rows()
        self.query_one("#verdict").refresh()
        self._inspect()

    def records(self) -> dict[Any, Any]:
        return {identity: {**change_record(change), "_": change} for identity, change in self._changes.items()}

    def cells(self, identity: object) -> Sequence[Cell]:
        found = self._changes.get(identity)
        return change_cells(found, self.console.now(), self.console.plain) if found else ()

    def rank(self, column: str) -> Callable[[Record], Any] | None:
        key = CHANGE_KEYS.get(column)
        return (lambda record: key(record["_"])) if key else super().rank(column)

    def is_problem(self, record: Record) -> bool:
        return record["severity"] >= Severity.MEDIUM and record["state"] in TOLD

    # -- the change under the cursor

    def _change(self) -> Change | None:
        return self._changes.get(self.listing.cursor)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self._inspect()

    def _inspect(self) -> None:
        change = self._change()
        if change != self._shown or change is None:
            self._shown = change
            diff = self.query_one(DiffView)
            diff.show(*wording.both_sides(change) if change else ("", ""))
        for each in self.query("#why"):  # none while the screen is put up
            each.refresh(layout=True)
        for drawn in self.query(Drawn):
            drawn.refresh()

    def _why(self, width: int) -> Text:
        change = self._change()
        if change is None:
            return Text("")
        near = beside(change, self._changes.values(), self.console.news.alerts)
        return page(self.role, flowed(change_lines(change, self.console.now(), self.console.plain, near), width), width)

    def _title(self, width: int) -> Text:
        change = self._change()
        words = f"C-{change.id} {change.target}  {change.type}" if change else ""
        turn = "u side by side" if self.query_one(DiffView).is_unified else "u unified"
        return ruled(self.role, words, width, self.console.glyphs.rule, turn if change else "")

    def _why_title(self, width: int) -> Text:
        return ruled(self.role, "why", width, self.console.glyphs.rule)

    def on_resize(self) -> None:
        self.call_after_refresh(self._inspect)

    def redraw(self) -> None:
        super().redraw()
        self._inspect()

    def thing(self, identity: object) -> object | None:
        return self._changes.get(identity)

    def kind(self) -> str:
        return "change" if self._change() else ""

    def chosen_changes(self) -> list[str]:
        return [f"C-{each}" for each in self.listing.chosen]

    def site_name(self) -> str:
        change = self._change()
        return f"T-{change.target_id}" if change and change.target_id else ""

    def sites_chosen(self) -> list[str]:
        return sites_of(self._changes.get(each) for each in self.listing.chosen)

    def on_row_opened(self, event: RowOpened) -> None:
        self.action_diff()

    def action_turn(self) -> None:
        """As the difference does itself while it has the focus."""
        self.query_one(DiffView).action_turn()
        self.query_one("#title").refresh()
