"""Lists of what engine and store were told besides sites: rules, channels, secrets; opened over the other screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.errors import VedetteError
from core.model.target import Origin
from core.operations import Declared
from core.settings.stored import fault_of
from core.text import in_one_line
from tui import wording
from tui.news import READ_AGAIN, News
from tui.panes.paint import Drawn, Parts, aged, labelled, page, ruled
from tui.panes.trial import wrapped
from tui.screens.acts import EventScreen
from tui.screens.ask import AskSure
from tui.screens.console import bound
from tui.screens.editor import edit_declared
from tui.widgets.rows import Cell, Column, OrderedRows
from tui.widgets.table import MARKING, SORTING, CursorMoved, RowOpened, VirtualTable

ENTRY_ACTS = ("object.edit", "object.remove", "collection.add")
ORIGIN_WORDS = {Origin.FILE: "file", Origin.STORE: "here"}


class EntriesScreen(EventScreen):
    """One list by name with what is known of the row under the cursor below it. `noun` is what a row is.

    `why_in` is the column in which a row that cannot be read says why.
    """

    noun: ClassVar[str] = "rule"
    columns: ClassVar[Sequence[Column]] = ()
    empty: ClassVar[str] = "nothing here yet"
    why_in: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = bound(*ENTRY_ACTS)

    def body(self) -> ComposeResult:
        self.entries: dict[str, Declared] = {}
        self._trouble = ""
        self._seen_at: float | None = None
        console = self.console
        yield Drawn(self._heading, id="title")
        yield VirtualTable(
            self.columns, OrderedRows((), self._cells), role=self.role, clock=console.now, glyphs=console.glyphs,
            two_lines=True, lacks=(SORTING, MARKING), empty=self.empty, id="list",
        )  # fmt: skip
        yield Drawn(self._about_heading, id="about-title")
        with VerticalScroll(id="page-scroll"):
            yield Static(id="page")

    # -- what each list says of itself

    async def load(self) -> dict[str, Declared]:
        """What there is now, by name."""
        found = await self.console.operations.in_force()
        return {each.name: each for each in found.entries if each.kind == self.noun}

    def cells(self, entry: Declared) -> Sequence[Cell]:
        return ()

    def about(self, entry: Declared) -> Sequence[Parts]:
        """What is known of it, as lines."""
        return ()

    def open_form(self, entry: Declared | None) -> None:
        """The form for a new one, or for that one."""

    async def loss(self, entry: Declared) -> str:
        """What goes with it, for the question whether to remove it."""
        return ""

    async def forget(self, entry: Declared) -> None:
        await self.console.operations.remove_entry(self.noun, entry.name, self.console.options.actor)

    # -- on screen

    @property
    def listing(self) -> VirtualTable:
        return self.query_one("#list", VirtualTable)

    @property
    def entry(self) -> Declared | None:
        """The one under the cursor."""
        return self.entries.get(str(self.listing.cursor)) if self.listing.cursor is not None else None

    def on_mount(self) -> None:
        self.listing.focus()

    async def show_news(self, news: News, now: float) -> None:
        try:
            self.entries, self._trouble = await self.load(), ""
            self._seen_at = now
        except VedetteError as error:
            self._trouble = str(error)
        if self.stands:
            self.listing.show(OrderedRows(sorted(self.entries), self._cells))
            self._draw()

    def _cells(self, identity: object) -> Sequence[Cell]:
        entry = self.entries.get(str(identity))
        if entry is None:
            return ()
        fault = fault_of(entry.kind, entry.text)
        return self._unreadable_cells(entry, fault) if fault else self.cells(entry)

    def _unreadable_cells(self, entry: Declared, fault: str) -> Sequence[Cell]:
        known = {
            "state": Cell(wording.UNREADABLE.mark(self.console.plain), wording.UNREADABLE.role),
            "name": Cell(entry.name),
            self.why_in: Cell(f"{wording.UNREADABLE.word}: {in_one_line(fault)}", wording.UNREADABLE.role),
            "from": Cell(ORIGIN_WORDS[entry.origin], "muted"),
        }
        return [known.get(each.key, Cell(wording.NOTHING, "muted")) for each in self.columns]

    def _about(self, entry: Declared, width: int) -> Sequence[Parts]:
        """What is known of it; of what cannot be read why, and what can be done about it."""
        fault = fault_of(entry.kind, entry.text)
        if not fault:
            return self.about(entry)
        sign = wording.UNREADABLE
        return [
            labelled("state", (sign.label(self.console.plain), sign.role), ("  not in force; all else is", "muted")),
            *wrapped("why", in_one_line(fault), width, "error"),
            *wrapped("to do", f"e writes it anew from what can be read, X removes it; or another version of "
                              f"Vedette made this {self.noun} and reads it", width),
        ]  # fmt: skip

    def _heading(self, width: int) -> Text:
        words, where = f"{self.noun.capitalize()}s {len(self.entries)}", "declared in the settings file (file), or here"
        right = self._trouble or (where if width >= 100 else "")
        return aged(self.role, words, width, self.console.glyphs.rule, age=self.age(), right=right)

    def seen(self) -> tuple[float | None, float]:
        return self._seen_at, READ_AGAIN

    def beat(self, now: float) -> None:
        super().beat(now)
        self.query_one("#title").refresh()

    def _about_heading(self, width: int) -> Text:
        return ruled(self.role, self.entry.name if self.entry else "", width, self.console.glyphs.rule)

    def _draw(self) -> None:
        if not self.stands:
            return
        width = max(self.size.width - 2, 20)
        entry = self.entry
        self.query_one("#page", Static).update(page(self.role, self._about(entry, width) if entry else (), width))
        for each in self.query(Drawn):
            each.refresh()

    def redraw(self) -> None:
        super().redraw()
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self._draw()

    def kind(self) -> str:
        return self.noun if self.entry is not None else ""

    def find(self, identity: object) -> None:
        self.listing.move_to(str(identity))

    # -- acts

    def on_row_opened(self, event: RowOpened) -> None:
        if not self.console.options.readonly:
            self.action_edit()

    def action_add(self) -> None:
        self.open_form(None)

    def action_edit(self) -> None:
        entry = self.entry
        if entry is None:
            return
        if entry.origin is Origin.FILE:
            self.console.ask(edit_declared(self.console, self.noun, entry.name))
        else:
            self.open_form(entry)

    def action_remove(self) -> None:
        if self.entry is not None:
            self.console.ask(self._remove(self.entry))

    async def _remove(self, entry: Declared) -> None:
        if entry.origin is Origin.FILE:
            raise VedetteError(f"'{entry.name}' is declared in the settings file and is removed there: press e")

        def answered(sure: bool | None) -> None:
            if sure:
                self.console.act(f"removed {self.noun} {entry.name}", self.forget(entry))

        self.console.push_screen(AskSure(f"Remove {self.noun} {entry.name}? {await self.loss(entry)}"), answered)
