"""The table of every list: draws only the lines on screen, and its cursor stays on a row however the rows move.

Textual's DataTable measures every cell of every row; at 10,000 rows that costs two seconds before anything is seen.
Rows that arrive by themselves wait while somebody is at the keys: nothing moves under the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.theme import GLYPHS, Glyphs
from tui.widgets.cut import fit
from tui.widgets.rows import GAP, Cell, Column, OrderedRows, Place, Rows, count_new, placed, shown_columns, widened

HOLD_SECONDS = 3.0
TWO_LINES_BELOW = 60
WIDEST = 60
HEADER_LINES = 1
GUTTER = 2
_REVERSE = Style(reverse=True)
_BOLD = Style(bold=True)
_UNDERLINE = Style(underline=True)
_PLAIN = Style()
_BLANK = Cell("")
_NEVER = float("-inf")

SORTING, MARKING = "sorting", "marking"
_NEEDS = {
    "sort_left": SORTING, "sort_right": SORTING, "sort_reverse": SORTING,
    "mark": MARKING, "mark_range": MARKING, "clear_marks": MARKING,
}  # fmt: skip
_PROBLEMS = ("next_problem", "previous_problem")


def _no_problem(identity: Hashable) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Sort:
    """The column a table is in the order of."""

    key: str
    descending: bool = False


class _TableMessage(Message):
    def __init__(self, table: VirtualTable) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> VirtualTable:
        return self.table


class RowOpened(_TableMessage):
    """Somebody pressed enter on a row, or clicked it twice."""

    def __init__(self, table: VirtualTable, identity: Hashable) -> None:
        super().__init__(table)
        self.identity = identity


class CursorMoved(_TableMessage):
    """The cursor is on another row than before; None when there are no rows."""

    def __init__(self, table: VirtualTable, identity: Hashable | None) -> None:
        super().__init__(table)
        self.identity = identity


class MarksChanged(_TableMessage):
    """Rows were marked or unmarked, or marked rows are gone."""

    def __init__(self, table: VirtualTable, marks: frozenset[Hashable]) -> None:
        super().__init__(table)
        self.marks = marks


class SortWanted(_TableMessage):
    """Somebody wants another order; whoever owns the rows sorts them and calls `show`."""

    def __init__(self, table: VirtualTable, sort: Sort) -> None:
        super().__init__(table)
        self.sort = sort


class NoProblem(_TableMessage):
    """Somebody looked for the next problem, and no other row is one."""


class VirtualTable(ScrollView, can_focus=True):
    """A list of rows under a heading; the row under the cursor is in reverse video, without other colours.

    `role` gives the style of a role name, `clock` the seconds now. `show` puts rows on screen at once (the
    answer to a filter or a sort), `offer` waits for quiet keys (live data); call `tick` or `offer` about once a second.
    What it `lacks` of SORTING and MARKING, and a look for problems before `judge`, has no keys.
    """

    DEFAULT_CSS = """
    VirtualTable { height: 1fr; width: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "down", "Down", show=False, id="list.down"),
        Binding("k,up", "up", "Up", show=False, id="list.up"),
        Binding("g,home", "first", "First row", show=False, id="list.first"),
        Binding("G,end", "last", "New rows, then last row", show=False, id="list.last"),
        Binding("ctrl+d", "half_down", "Half a page down", show=False, id="list.half_down"),
        Binding("ctrl+u", "half_up", "Half a page up", show=False, id="list.half_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="list.page_down"),
        Binding("pageup", "page_up", "Page up", show=False, id="list.page_up"),
        Binding("enter", "open", "Open", id="list.open"),
        Binding("space", "mark", "Mark", id="list.mark"),
        Binding("ctrl+@", "mark_range", "Mark up to here", show=False, id="list.mark_range"),
        Binding("backslash", "clear_marks", "Clear marks", show=False, id="list.clear_marks"),
        Binding("less_than_sign", "sort_left", "Sort by column before", show=False, id="list.sort_left"),
        Binding("greater_than_sign", "sort_right", "Sort by next column", show=False, id="list.sort_right"),
        Binding("vertical_line", "sort_reverse", "Reverse order", show=False, id="list.sort_reverse"),
        Binding("left", "column_left", "Cell before", show=False, id="list.column_left"),
        Binding("right", "column_right", "Next cell", show=False, id="list.column_right"),
        Binding("w", "wide", "Wide columns", show=False, id="list.wide"),
        Binding("n", "next_problem", "Next problem", id="list.next_problem"),
        Binding("N", "previous_problem", "Problem before", show=False, id="list.previous_problem"),
    ]

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Rows,
        *,
        role: Callable[[str], Style],
        clock: Callable[[], float],
        sort: Sort | None = None,
        two_lines: bool = False,
        lacks: Collection[str] = (),
        glyphs: Glyphs = GLYPHS["unicode"],
        empty: str = "nothing here",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._lacks = frozenset(lacks)
        self._columns = tuple(columns)
        self._rows = rows
        self._waiting: Rows | None = None
        self._new = 0
        self._frozen = False
        self._role = role
        self._clock = clock
        self._touched = _NEVER
        self._sort = sort
        self._two_lines = two_lines
        self._glyphs = glyphs
        self._empty = empty
        self._is_problem: Callable[[Hashable], bool] = _no_problem
        self._cursor = 0
        self._identity: Hashable | None = rows.identity(0) if rows.count() else None
        self._marks: frozenset[Hashable] = frozenset()
        self._exists: Callable[[Hashable], bool] | None = None
        self._chosen: tuple[str, ...] | None = None
        self._wide = False
        self._at: str | None = None
        self._badge = ""
        self._anchor: Hashable | None = None
        self._places: tuple[tuple[Place, ...], ...] = ()
        self._laid_out = 0
        self._ground = _PLAIN

    # -- what is on screen

    @property
    def rows(self) -> Rows:
        """The rows on screen, in the order on screen."""
        return self._rows

    @property
    def cursor(self) -> Hashable | None:
        """The identity of the row under the cursor."""
        return self._identity

    @property
    def cursor_index(self) -> int:
        """Where the cursor is, from 0."""
        return self._cursor

    @property
    def marks(self) -> frozenset[Hashable]:
        """Identities of the marked rows."""
        return self._marks

    @property
    def chosen(self) -> tuple[Hashable, ...]:
        """What an action applies to: the marked rows that are here in their order, without marks the cursor's row."""
        if self._marks:
            return self.marked
        return () if self._identity is None else (self._identity,)

    @property
    def marked(self) -> tuple[Hashable, ...]:
        """The marked rows that are here, in their order."""
        places = {each: place for each in self._marks if (place := self._rows.index_of(each)) is not None}
        return tuple(sorted(places, key=places.__getitem__))

    @property
    def hidden_marks(self) -> int:
        """How many marked rows there are that are not shown, as a filter hides them."""
        return len(self._marks) - len(self.marked)

    @property
    def column(self) -> str:
        """The key of the column under the cursor; before anyone moved there, the one it is sorted by."""
        reachable = self._reachable()
        if self._at in reachable:
            return self._at or ""
        if self._sort is not None and self._sort.key in reachable:
            return self._sort.key
        return reachable[0] if reachable else ""

    @property
    def chosen_columns(self) -> tuple[str, ...]:
        """Keys of the columns that are shown where there is room for them."""
        return self._chosen if self._chosen is not None else tuple(each.key for each in self._columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._columns

    @property
    def sort(self) -> Sort | None:
        return self._sort

    @property
    def held(self) -> str:
        """Words for what waits for quiet keys: `+12 new (G)`, `new order (G)`, or empty."""
        if self._waiting is None:
            return ""
        return f"+{self._new:,} new (G)" if self._new else "new order (G)"

    @property
    def lines_a_row(self) -> int:
        return 2 if self._two_lines and not self._wide and self.size.width < TWO_LINES_BELOW else 1

    # -- what others tell the table

    def show(self, rows: Rows, sort: Sort | None = None) -> None:
        """Put these rows on screen now: the answer to what a person asked for."""
        if sort is not None:
            self._sort = sort
        self._take(rows)

    def offer(self, rows: Rows) -> None:
        """Put live rows on screen, unless that would move something while somebody is at the keys."""
        if self._is_quiet() or (self._waiting is None and self._looks_the_same(rows)):
            self._take(rows)
            return
        self._waiting = rows
        self._new = count_new(rows, self._rows)
        self.refresh()

    def tick(self) -> None:
        """Let waiting rows in when the keys have been quiet."""
        if self._waiting is not None and self._is_quiet():
            self._take(self._waiting)

    def freeze(self, frozen: bool) -> None:
        """While frozen, live rows wait however quiet the keys are."""
        self._frozen = frozen
        self.tick()

    def touch(self) -> None:
        """Somebody pressed a key that concerns this table."""
        self._touched = self._clock()

    def refresh_row(self, identity: Hashable) -> None:
        """The cells of this row changed: draw it again, if it is on screen."""
        index = self._rows.index_of(identity)
        if index is not None:
            self._refresh_index(index)

    def set_columns(self, columns: Sequence[Column], empty: str = "") -> None:
        """Other columns, and other words for no rows; the cells of the rows must fit the columns."""
        self._columns = tuple(columns)
        self._empty = empty or self._empty
        self._lay_out()
        self.refresh()

    def begin(self, columns: Sequence[Column], sort: Sort | None, empty: str) -> None:
        """Another list from its first row, whose rows come next."""
        self._empty, self._sort = empty, sort
        self._cursor, self._identity, self._anchor, self._touched = 0, None, None, _NEVER
        self._waiting, self._new, self._marks = None, 0, frozenset()
        self._chosen = self._at = None
        self.scroll_to(y=0, animate=False, force=True)
        self.set_columns(columns)

    def set_sort(self, sort: Sort) -> None:
        """The order that the rows will be in; they follow."""
        self._sort = sort
        self.refresh()

    def keep_marks(self, exists: Callable[[Hashable], bool]) -> None:
        """Marks stay on rows that exist, though a filter hides them; actions leave hidden ones alone."""
        self._exists = exists

    def choose(self, keys: Sequence[str] | None) -> None:
        """Show these columns only, in the table's order; None for as many as fit."""
        self._chosen = None if keys is None else tuple(each.key for each in self._columns if each.key in keys)
        self._lay_out()
        self.refresh()

    def set_empty(self, words: str) -> None:
        """What stands there when there are no rows."""
        self._empty = words

    def set_badge(self, words: str) -> None:
        """Words at the end of the heading, such as that all this is too old to trust."""
        if words != self._badge:
            self._badge = words
            self.refresh()

    def judge(self, is_problem: Callable[[Hashable], bool]) -> None:
        """Which rows are problems, where `n` and `N` stop."""
        self._is_problem = is_problem

    def set_glyphs(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self.refresh()

    def move_to(self, identity: Hashable) -> bool:
        """Put the cursor on this row; False when it is not here."""
        index = self._rows.index_of(identity)
        if index is None:
            return False
        self._move(index)
        return True

    @property
    def in_view(self) -> tuple[Hashable, ...]:
        """The identities of the rows on screen."""
        return tuple(self._rows.identity(index) for index in self._window())

    @property
    def untouched(self) -> bool:
        """Whether nobody has moved here yet."""
        return self._touched == _NEVER

    def rest(self) -> None:
        """Nobody reads here: back to the first row, so that the newest is seen."""
        if self._frozen or not self._rows.count():
            return
        self._cursor, self._identity = 0, self._rows.identity(0)
        self._scroll_lines(0)
        self.refresh()

    def set_marks(self, marks: frozenset[Hashable]) -> None:
        """Mark exactly these rows; those that are not here are left out, unless they are known to exist."""
        exists = self._exists or (lambda each: self._rows.index_of(each) is not None)
        kept = frozenset(each for each in marks if exists(each))
        if kept != self._marks:
            self._marks = kept
            self.refresh()
            self.post_message(MarksChanged(self, kept))

    # -- rows in, cursor kept

    def _is_quiet(self) -> bool:
        """A clock that went back holds nothing: else rows would wait until it has caught up."""
        return not self._frozen and not 0 <= self._clock() - self._touched < HOLD_SECONDS

    def _window(self) -> range:
        first = max(self.scroll_offset.y, 0) // self.lines_a_row
        return range(first, min(first + self._page() + 1, self._rows.count()))

    def _looks_the_same(self, rows: Rows) -> bool:
        if rows is self._rows:
            return True
        if rows.count() != self._rows.count():
            return False
        seen = {*self._window(), *range(self._cursor, min(self._cursor + 1, rows.count()))}
        return all(rows.identity(index) == self._rows.identity(index) for index in seen)

    def _take(self, rows: Rows) -> None:
        """The cursor stays on its row; where that row is gone, on its place."""
        before, was, in_view = self._cursor, self._identity, self._in_view()
        self._rows, self._waiting, self._new = rows, None, 0
        found = None if was is None else rows.index_of(was)
        self._cursor = found if found is not None else max(min(before, rows.count() - 1), 0)
        self._identity = rows.identity(self._cursor) if rows.count() else None
        self._measure()
        if in_view:
            self._keep_line(self._cursor - before)
        self.refresh()
        self.set_marks(self._marks)
        if self._identity != was:
            self.post_message(CursorMoved(self, self._identity))

    def _keep_line(self, moved: int) -> None:
        """The cursor's row stays on its line of the screen, unless the top is in view: there new rows may be seen."""
        if self.scroll_offset.y:
            self._scroll_lines(self.scroll_offset.y + moved * self.lines_a_row)
        elif not self._in_view() and self._touched == _NEVER and self._rows.count():
            self._cursor, self._identity = 0, self._rows.identity(0)
        self._bring_into_view()

    def _move(self, index: int) -> None:
        self.touch()
        count = self._rows.count()
        if not count:
            return
        target = max(0, min(index, count - 1))
        if target != self._cursor:
            self._refresh_index(self._cursor)
            self._cursor, self._identity = target, self._rows.identity(target)
            self._refresh_index(target)
            self.post_message(CursorMoved(self, self._identity))
        self._bring_into_view()

    # -- scrolling

    def _page(self) -> int:
        return max((self.size.height - HEADER_LINES) // self.lines_a_row, 1)

    def _measure(self) -> None:
        height = max(self._rows.count(), 1) * self.lines_a_row + HEADER_LINES
        self.virtual_size = Size(self.size.width, height)

    def _in_view(self) -> bool:
        top = self._cursor * self.lines_a_row - self.scroll_offset.y
        return 0 <= top <= self.size.height - HEADER_LINES - self.lines_a_row

    def _bring_into_view(self) -> None:
        top = self._cursor * self.lines_a_row
        visible = max(self.size.height - HEADER_LINES, 1)
        start = self.scroll_offset.y
        if top < start:
            self._scroll_lines(top)
        elif top + self.lines_a_row > start + visible:
            self._scroll_lines(top + self.lines_a_row - visible)

    def _scroll_lines(self, line: int) -> None:
        self.scroll_to(y=max(0, min(line, self.max_scroll_y)), animate=False, force=True)

    def _lay_out(self) -> None:
        """Places for the width that the scrollbar leaves; it comes and goes without a resize."""
        self._laid_out = self._seen_width
        width = max(self._laid_out - GUTTER, 1)
        offered = self._offered()
        if self._wide:
            at = next((index for index in offered if self._columns[index].key == self._at), None)
            self._places = (widened(self._columns, self._widths(offered), at, width),)
            return
        kept = self._fitting(offered, width)
        self._places = (placed(self._columns, kept, width),)
        if self.lines_a_row == 2:
            rest = self._fitting([index for index in offered if index not in kept], width)
            self._places += (placed(self._columns, rest, width),)

    def _offered(self) -> list[int]:
        """Indices of the chosen columns, of all where none of the chosen is here."""
        chosen = [index for index, each in enumerate(self._columns) if each.key in self.chosen_columns]
        return chosen or list(range(len(self._columns)))

    def _fitting(self, offered: Sequence[int], width: int) -> list[int]:
        return [offered[each] for each in shown_columns([self._columns[index] for index in offered], width)]

    def _widths(self, offered: Sequence[int]) -> dict[int, int]:
        """How wide each column must be for what is in view, so that nothing in it is cut."""
        rows = [self._rows.cells(index) for index in self._window()]
        return {
            index: min(max([len(self._columns[index].heading) + 1, *(cell_len(cells[index].text) for cells in rows
                            if index < len(cells))]), WIDEST)
            for index in offered
        }  # fmt: skip

    def _reachable(self) -> list[str]:
        if self._wide:
            return [self._columns[index].key for index in self._offered()]
        return [self._columns[place.column].key for line in self._places for place in line]

    @property
    def _seen_width(self) -> int:
        return self.scrollable_content_region.width

    def on_resize(self) -> None:
        self._lay_out()
        self._measure()
        self.refresh()
        self._bring_into_view()

    # -- drawing

    def _refresh_index(self, index: int) -> None:
        top = index * self.lines_a_row + HEADER_LINES - self.scroll_offset.y
        if -self.lines_a_row < top < self.size.height:
            self.refresh(Region(0, max(top, HEADER_LINES), self.size.width, self.lines_a_row))

    def render_lines(self, crop: Region) -> list[Strip]:
        self._ground = self.rich_style
        if self._laid_out != self._seen_width:
            self._lay_out()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width = self._laid_out
        if y < HEADER_LINES:
            return self._heading(width)
        index, part = divmod(y - HEADER_LINES + self.scroll_offset.y, self.lines_a_row)
        if index < self._rows.count():
            return self._row(index, part, width)
        if index == part == 0:
            return self._strip([(fit(f"  {self._empty}", width), self._ground + self._role("muted"))], width)
        return Strip.blank(width, self._ground)

    def _heading(self, width: int) -> Strip:
        style = self._ground + self._role("heading") + _BOLD
        badge = fit(self._badge, min(len(self._badge), width))
        waits = f"  {self.held}" if badge and self.held else self.held
        held = fit(waits, min(len(waits), width - len(badge)), "right")
        text = " " * GUTTER
        for place in self._places[0] if self._places else ():
            text += fit(self._title(place), place.width, self._columns[place.column].align, self._glyphs.ellipsis)
            text += " " * GAP
        left = fit(text.rstrip(), width - len(badge) - len(held), ellipsis=" ")
        at = self._place_at()
        start = GUTTER + at.start if at else 0
        end = min(start + at.width, len(left)) if at else 0
        runs = [(left[:start], style), (left[start:end], style + _REVERSE), (left[end:], style)]
        tail = [
            (words, self._ground + self._role(name) + _REVERSE) for words, name in ((badge, "stale"), (held, "new"))
        ]
        return self._strip([*runs, *tail], width)

    def _place_at(self) -> Place | None:
        """Where the column cursor stands, once somebody moved it, on the first line of rows."""
        places = self._places[0] if self._places else ()
        return next((each for each in places if self._columns[each.column].key == self._at), None)

    def _title(self, place: Place) -> str:
        column = self._columns[place.column]
        if self._sort is None or self._sort.key != column.key:
            return column.heading
        arrow = self._glyphs.descending if self._sort.descending else self._glyphs.ascending
        return fit(column.heading, min(len(column.heading), place.width - 1)) + arrow

    def _row(self, index: int, part: int, width: int) -> Strip:
        identity = self._rows.identity(index)
        on_cursor = index == self._cursor
        selected = on_cursor and self.has_focus
        ground = self._ground + self._role("selection") if selected else self._ground
        marked = identity in self._marks
        cells = self._fresh_cells(index, identity)
        sign = ground + self._role("marked") if marked and not selected else ground
        runs = [(self._gutter(on_cursor, marked, part), sign)]
        at = 0
        for place in self._places[part] if part < len(self._places) else ():
            cell = cells[place.column] if place.column < len(cells) else _BLANK
            align = cell.align or self._columns[place.column].align
            text = fit(cell.text, place.width, align, self._glyphs.ellipsis)
            runs.append((" " * (place.start - at), ground))
            style = ground + self._role(cell.role) if cell.role and not selected else ground
            here = on_cursor and self._at is not None and self._columns[place.column].key == self._at
            runs.append((text, style + _UNDERLINE if here else style))
            at = place.start + place.width
        runs.append((" " * max(width - GUTTER - at, 0), ground))
        return self._strip(runs, width)

    def _gutter(self, on_cursor: bool, marked: bool, part: int) -> str:
        if part:
            return " " * GUTTER
        return (self._glyphs.cursor if on_cursor else " ") + (self._glyphs.marked if marked else " ")

    def _fresh_cells(self, index: int, identity: Hashable) -> Sequence[Cell]:
        """While rows wait, their cells are already shown, in the order on screen."""
        if isinstance(self._waiting, OrderedRows):
            return self._waiting.cells_of(identity)
        if self._waiting is not None:
            place = self._waiting.index_of(identity)
            if place is not None:
                return self._waiting.cells(place)
        return self._rows.cells(index)

    @staticmethod
    def _strip(runs: Sequence[tuple[str, Style]], width: int) -> Strip:
        """Neighbours in one style become one segment: each change of colour is bytes over SSH."""
        segments: list[Segment] = []
        texts: list[str] = []
        current: Style | None = None
        for text, style in runs:
            if not text:
                continue
            if current is not None and style != current:
                segments.append(Segment("".join(texts), current))
                texts = []
            texts.append(text)
            current = style
        if texts:
            segments.append(Segment("".join(texts), current))
        return Strip(segments).adjust_cell_length(width)

    # -- keys and mouse

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing here are not there."""
        if _NEEDS.get(action) in self._lacks or (action in _PROBLEMS and self._is_problem is _no_problem):
            return False
        return super().check_action(action, parameters)

    def on_key(self) -> None:
        self.touch()

    def on_mouse_scroll_down(self) -> None:
        self.touch()

    def on_mouse_scroll_up(self) -> None:
        self.touch()

    def on_focus(self) -> None:
        self._refresh_index(self._cursor)

    def on_blur(self) -> None:
        self._refresh_index(self._cursor)

    def on_click(self, event: events.Click) -> None:
        self.touch()
        at = event.get_content_offset(self)
        if at is None:
            return
        if at.y < HEADER_LINES:
            self._header_clicked(at.x)
            return
        index = (at.y - HEADER_LINES + self.scroll_offset.y) // self.lines_a_row
        if index < self._rows.count():
            self._move(index)
            if event.chain == 2:
                self.action_open()

    def _header_clicked(self, x: int) -> None:
        for place in self._places[0] if self._places else ():
            if place.start <= x - GUTTER < place.start + place.width + GAP:
                self._want(self._columns[place.column].key)
                return

    def _want(self, key: str) -> None:
        column = next(each for each in self._columns if each.key == key)
        if column.sortable and SORTING not in self._lacks:
            again = self._sort is not None and self._sort.key == key
            self.post_message(SortWanted(self, Sort(key, again and not (self._sort and self._sort.descending))))

    def _sort_step(self, step: int) -> None:
        keys = [self._columns[place.column].key for line in self._places for place in line]
        keys = [each.key for each in self._columns if each.sortable and each.key in keys]
        if not keys:
            return
        at = keys.index(self._sort.key) + step if self._sort is not None and self._sort.key in keys else 0
        descending = self._sort.descending if self._sort is not None else False
        self.post_message(SortWanted(self, Sort(keys[at % len(keys)], descending)))

    def action_down(self) -> None:
        self._move(self._cursor + 1)

    def action_up(self) -> None:
        self._move(self._cursor - 1)

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        """Waiting rows first; without any, the last row."""
        if self._waiting is not None and not self._frozen:
            self._take(self._waiting)
            return
        self._move(self._rows.count() - 1)

    def action_half_down(self) -> None:
        self._move(self._cursor + max(self._page() // 2, 1))

    def action_half_up(self) -> None:
        self._move(self._cursor - max(self._page() // 2, 1))

    def action_page_down(self) -> None:
        self._move(self._cursor + self._page())

    def action_page_up(self) -> None:
        self._move(self._cursor - self._page())

    def action_open(self) -> None:
        if self._identity is not None:
            self.post_message(RowOpened(self, self._identity))

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor and step down."""
        if self._identity is None:
            return
        self._anchor = self._identity
        self.set_marks(self._marks ^ {self._identity})
        self._move(self._cursor + 1)

    def action_mark_range(self) -> None:
        """Mark everything between the row marked last and the cursor."""
        if self._identity is None:
            return
        anchor = self._rows.index_of(self._anchor) if self._anchor is not None else None
        start = self._cursor if anchor is None else anchor
        low, high = sorted((start, self._cursor))
        self._anchor = self._identity
        self.set_marks(self._marks | {self._rows.identity(index) for index in range(low, high + 1)})

    def action_column_left(self) -> None:
        self._column_step(-1)

    def action_column_right(self) -> None:
        self._column_step(1)

    def _column_step(self, step: int) -> None:
        reachable = self._reachable()
        if reachable:
            at = reachable.index(self.column) + (step if self._at in reachable else 0)
            self._at = reachable[max(0, min(at, len(reachable) - 1))]
            self._lay_out()
            self.refresh()

    def action_wide(self) -> None:
        """Every column as wide as what stands in it; the arrows reach those that are out of view."""
        self._wide = not self._wide
        self._lay_out()
        self._measure()
        self.refresh()
        self._bring_into_view()

    def action_next_problem(self) -> None:
        self._to_problem(1)

    def action_previous_problem(self) -> None:
        self._to_problem(-1)

    def _to_problem(self, step: int) -> None:
        count = self._rows.count()
        for distance in range(1, count):
            at = (self._cursor + step * distance) % count
            if self._is_problem(self._rows.identity(at)):
                self._move(at)
                return
        self.post_message(NoProblem(self))

    def action_clear_marks(self) -> None:
        self._anchor = None
        self.set_marks(frozenset())

    def action_sort_left(self) -> None:
        self._sort_step(-1)

    def action_sort_right(self) -> None:
        self._sort_step(1)

    def action_sort_reverse(self) -> None:
        if self._sort is not None:
            self.post_message(SortWanted(self, Sort(self._sort.key, not self._sort.descending)))
