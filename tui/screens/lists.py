"""A screen whose heart is a list, or several behind tabs: each keeps its own filter, order and marks.

A screen says which lists it has, gives records and cells of the one in front, and calls `offer_rows` when there is
news of them and `turn_list` when another is in front. Everything else that can be done to a list is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
from textual.binding import BindingType

from core.query.filters import FIELDS, Query, compile_filter, field_named, implies, is_timed, ranking
from core.text import safe
from tui import keys, wording
from tui.facets import Facet, any_of, facets, narrowed, terms_of
from tui.screens.acts import EventScreen
from tui.screens.ask import AskNote
from tui.screens.console import bound
from tui.screens.pick import Pick
from tui.sift import SLICE, Record, Steps, at_once, calmly, while_wanted
from tui.standing import Moved, Ordering, Standing, ordered, packed, passing, restood
from tui.widgets.filterbar import FilterBar, FilterChanged, FilterLeft, ViewWanted
from tui.widgets.rows import Cell, Column, OrderedRows
from tui.widgets.table import TWO_LINES_BELOW, MarksChanged, Sort, SortWanted, VirtualTable

Order = tuple[tuple[str, bool], ...]

VALUE_COLUMNS = (
    Column("value", "VALUE", 12, priority=3, grow=1),
    Column("count", "COUNT", 9, "right", priority=2),
    Column("share", "SHARE", 6, "right", priority=1),
)
OF_A_LIST = ("facet", "filter_cell", "choose_columns")
CHOICE_COLUMNS = (Column("column", "COLUMN", 20, grow=1),)


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: its name, the kind of records that its filter asks, its columns, and what it begins with."""

    name: str
    kind: str
    columns: tuple[Column, ...]
    sort: Sort | None = None
    filter: str = ""
    none: str = "nothing here"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a person made of a list: it is so again when they come back."""

    filter: str
    sort: Sort | None
    columns: tuple[str, ...] | None = None
    marks: frozenset[Hashable] = frozenset()
    cursor: Hashable | None = None


class SavedView(msgspec.Struct, frozen=True):
    """A view of a list as it is stored; what another version wrote besides is passed over."""

    screen: str
    list: str = ""
    filter: str = ""
    sort: tuple[str | bool, ...] = ()
    columns: tuple[str, ...] = ()


class ListScreen(EventScreen):
    """The list is the table `#list`; records are what its filter looks at, under the identities of its rows.

    Rows that are equal in the column they are sorted by stand in the order of `records`, or by `own` where a screen
    has that: then it may say with `offer_moved` which records are other than before, and no others are looked at.
    """

    AUTO_FOCUS = "#list"  # the bar is there before it is hidden: what one types meanwhile is meant for the list
    lists: ClassVar[tuple[Listed, ...]] = ()
    own: ClassVar[Callable[[Any], Any] | None] = None
    BINDINGS: ClassVar[list[BindingType]] = bound("list.facet", "list.filter_cell", "list.choose_columns")

    def __init__(self) -> None:
        super().__init__()
        self.query_now: Query | None = None
        self._in_front: Listed | None = None
        self._kept: dict[str, Kept] = {}
        self._records: dict[Any, Any] = {}
        self._orders: dict[Order, Standing] = {}
        self._ranks: dict[str, Callable[[Any], Any]] = {}
        self._rows: OrderedRows | None = None  # the answer to what was asked last
        self._standing = Standing(())
        self._answers: tuple[Listed, Query | None, Order] | None = None
        self._test: Callable[[Any], bool] | None = None
        self._turn = 0
        self._by_hand = False
        self._columns_chosen: tuple[str, ...] | None = None

    # -- what a screen says of its lists

    @property
    def listed(self) -> Listed:
        """The list in front."""
        return self.lists[0]

    @property
    def has_list(self) -> bool:
        """Whether a list is in front at all."""
        return True

    def records(self) -> dict[Any, Any]:
        """Every row there could be, as records of the list's kind."""
        return {}

    def cells(self, identity: Any) -> Sequence[Any]:
        """The cells of a row, one a column."""
        return ()

    def rank(self, column: str) -> Callable[[Record], Any] | None:
        """By what records are ordered when they are ordered by a column; None where they cannot be."""
        asked = FIELDS.get(self.field_of(column) or column)
        return ranking(asked, self.console.now()) if asked and self.listed.kind in asked.kinds else None

    def test(self, query: Query) -> Callable[[Any], bool]:
        """Which records a filter lets through."""
        return compile_filter(query, self.console.now())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.has_list and action in OF_A_LIST:
            return False
        return super().check_action(action, parameters)

    def is_problem(self, record: Record) -> bool:
        """Whether `n` and `N` stop there."""
        return False

    # -- its parts

    def filter_bar(self) -> FilterBar:
        return FilterBar(role=self.role, values=self.values, kind=self.listed.kind, glyphs=self.console.glyphs,
                         id="filter")  # fmt: skip

    def list_table(self, lacks: Sequence[str] = ()) -> VirtualTable:
        console, listed = self.console, self.listed
        table = VirtualTable(
            listed.columns, OrderedRows((), self.cells), role=self.role, clock=console.now, glyphs=console.glyphs,
            sort=listed.sort, two_lines=True, lacks=lacks, empty=listed.none, id="list",
        )  # fmt: skip
        table.judge(self._is_problem_row)
        table.keep_marks(lambda identity: identity in self._records)
        return table

    @property
    def listing(self) -> VirtualTable:
        return self.query_one("#list", VirtualTable)

    @property
    def bar(self) -> FilterBar:
        return self.query_one(FilterBar)

    @property
    def filter_kind(self) -> str:
        return self.listed.kind

    def _is_problem_row(self, identity: Hashable) -> bool:
        record = self._records.get(identity)
        return record is not None and self.is_problem(record)

    def field_of(self, column: str) -> str:
        """The field of the filter language that asks for a column; empty where none does."""
        found = next((each for each in self.listed.columns if each.key == column), None)
        field = field_named(found.field or found.key) if found else None
        return field.name if field is not None and self.listed.kind in field.kinds else ""

    @property
    def hinted(self) -> str:
        return "filter" if self.focused is not None and self.bar in self.focused.ancestors else super().hinted

    # -- rows

    async def offer_rows(self) -> None:
        """There is news: live rows wait while somebody is at the keys."""
        self._learn()
        await self._offer()

    async def offer_moved(self, changed: Mapping[Any, Any], gone: Iterable[Any] = ()) -> None:
        """Only these records are other than before, or gone."""
        self._follow({**changed, **dict.fromkeys(gone)})
        if self._rows is not None and self._answers == self._asked() and not self._is_timed():
            self._offered(self._rows)
        else:
            await self._offer()

    async def _offer(self) -> None:
        rows = await self._sifted()
        if rows is not None and self.stands:
            self._offered(rows)

    def _offered(self, rows: OrderedRows) -> None:
        self.bar.show_result(rows.count(), len(self._records))
        self.listing.set_empty(self._none())
        self.listing.offer(rows)

    def show_rows(self) -> None:
        """What a person asked for: at once where that takes no time, else between the keys."""
        if len(self._records) <= SLICE:
            self.workers.cancel_group(self, "sift")
            self._show(at_once(self._sift()))
        else:
            work: Any = self._show_calmly  # begun by its worker: one that another takes the place of never begins
            self.run_worker(work, group="sift", exclusive=True)

    async def _show_calmly(self) -> None:
        while (rows := await self._sifted()) is None:
            pass  # the records have moved meanwhile
        self._show(rows)

    def _show(self, rows: OrderedRows) -> None:
        self.bar.show_result(rows.count(), len(self._records))
        self.listing.set_empty(self._none())
        self.listing.show(rows, self._sort_shown())
        self.query_one("#modes").refresh()

    def _none(self) -> str:
        """Why no row is there: a filter that none passes is not the same as nothing, and neither is an unread list."""
        known = len(self._records)
        if self.seen()[0] is None:
            return "reading"
        return f"none of {known:,} passes the filter; esc clears it" if known and self.query_now else self.listed.none

    def _learn(self) -> None:
        self._records, self._orders, self._ranks = self.records(), {}, {}
        self._rows, self._standing = None, Standing(())
        self._turn += 1

    def _asked(self) -> tuple[Listed, Query | None, Order]:
        return self.listed, self.query_now, self._order()

    def _is_timed(self) -> bool:
        return self.query_now is not None and is_timed(self.query_now.expression)

    async def _sifted(self) -> OrderedRows | None:
        """The answer to what is asked; None where something else is asked, or of other records, before it is found."""
        turn, asked = self._turn, self._asked()
        return await calmly(while_wanted(self._sift(), lambda: (turn, asked) == (self._turn, self._asked())))

    def _sift(self) -> Steps[OrderedRows]:
        """What passes the filter, in the filter's order unless another column was asked for after it."""
        listed, query, order = self._asked()
        records, test = self._records, self.test(query) if query is not None else None
        kept = self._narrower()
        if kept is None:
            kept = yield from self._in_order(order)
        if test is not None:
            kept = yield from passing(kept, records, test)
        self._rows, self._standing = OrderedRows(kept.order, self.cells), kept
        self._test, self._answers = test, (listed, query, order)
        return self._rows

    def _narrower(self) -> Standing | None:
        """What passed before, where nothing else can pass now: a filter that is being typed lets through ever less."""
        if self._rows is None or self._answers is None or self.query_now is None:
            return None
        listed, before, order = self._answers
        if before is None or (listed, order) != (self.listed, self._order()) or is_timed(before.expression):
            return None
        return self._standing if implies(self.query_now.expression, before.expression) else None

    def _in_order(self, order: Order) -> Steps[Standing]:
        records, orders, own = self._records, self._orders, type(self).own
        if () not in orders:
            whole = packed(records)
            orders[()] = Standing((yield from ordered(whole, records, own, False)).order if own else whole)
        if order not in orders:
            found = orders[()]
            for column, descending in reversed(order):
                found = yield from ordered(found.order, records, self._ranked(column), descending)
            orders[order] = found
        return orders[order]

    def _ranked(self, column: str) -> Callable[[Any], Any]:
        """One rank as long as records are compared by it: ages are counted from one moment."""
        if column not in self._ranks:
            self._ranks[column] = self.rank(column) or _no_rank
        return self._ranks[column]

    def _ordering(self, order: Order) -> Ordering:
        own = type(self).own
        assert own is not None, "offer_moved is for lists that have an order of their own"
        return Ordering(tuple((self._ranked(column), descending) for column, descending in order), own)

    def _follow(self, after: Mapping[Any, Any]) -> None:
        """Take over single records (None: gone), and put their rows where they stand now."""
        if not after:
            return
        records, rows, order = self._records, self._rows, self._answers[2] if self._answers else ()
        moved = Moved({each: records.get(each) for each in after}, after)
        orders = {each: whole for each, whole in self._orders.items() if each in ((), order)}
        shown = restood(self._standing, records, self._ordering(order), moved, self._test)
        for each, whole in orders.items():
            is_shown = whole is self._standing
            now = shown if is_shown else restood(whole, records, self._ordering(each), moved)
            orders[each] = now.standing
        if rows is not None and shown.standing is not self._standing:
            self._rows = rows.followed_by(shown.standing.order, shown.came, shown.left, self.listing.rows)
        self._orders, self._standing = orders, shown.standing
        for identity, record in after.items():
            if record is None:
                records.pop(identity, None)
            else:
                records[identity] = record
        self._turn += 1

    def _order(self) -> Order:
        if self.query_now is not None and self.query_now.sort and not self._by_hand:
            return tuple((self._column_of(each.field), each.descending) for each in self.query_now.sort)
        sort = self.listing.sort
        return ((sort.key, sort.descending),) if sort is not None else ()

    def _column_of(self, field: str) -> str:
        return next((each.key for each in self.listed.columns if self.field_of(each.key) == field), field)

    def _sort_shown(self) -> Sort | None:
        order = self._order()
        return Sort(*order[0]) if order else None

    # -- another list

    def turn_list(self) -> None:
        """Another list is in front, or there is none yet: put away what was made of the one before, take this up."""
        listed, before = self.listed, self._in_front
        if before is not None and before != listed:
            table = self.listing
            self._kept[before.name] = Kept(
                self.bar.in_force, table.sort, self._columns_chosen, table.marks, table.cursor
            )
        self._in_front = listed
        kept = self._kept.get(listed.name) or Kept(listed.filter, listed.sort)
        self.query_now, self._by_hand = self.bar.put(kept.filter, listed.kind), False
        self.bar.display = bool(self.bar.in_force)
        self._learn()
        table = self.listing
        table.begin(listed.columns, kept.sort, listed.none)
        self._choose(kept.columns)
        self.show_rows()
        table.set_marks(kept.marks)
        if kept.cursor is not None:
            table.move_to(kept.cursor)

    # -- filter

    def values(self, field: str) -> Sequence[tuple[str, int]]:
        """The values of a field among all records, most frequent first."""
        return values_of(self._records.values(), field)

    def filter(self) -> None:
        self.bar.display = True
        self.bar.edit()

    def use_filter(self, text: str) -> None:
        """Put a filter in force that was not typed here."""
        self.bar.display = bool(text)
        self.bar.set_text(text)

    def back(self) -> bool:
        if self.bar.in_force:
            self.use_filter("")
            self.listing.focus()
            return True
        if self.listing.marks:
            self.listing.set_marks(frozenset())
            return True
        return False

    def on_filter_changed(self, event: FilterChanged) -> None:
        if event.text == self.bar.in_force:
            self.query_now, self._by_hand = event.query, False
            self.show_rows()

    def on_filter_left(self, event: FilterLeft) -> None:
        self.bar.display = bool(self.bar.in_force)
        self.listing.focus()

    # -- saved views

    def on_view_wanted(self, event: ViewWanted) -> None:
        def named(name: str | None) -> None:
            if name:
                self.save_view(name)

        if self.console.options.readonly:
            self.console.tell("this console is read-only: no view is saved", wrong=True)
        else:
            self.console.push_screen(AskNote(f"save '{event.text}' as", "a name"), named)

    def save_view(self, name: str) -> None:
        """Filter, order and columns of the list in front, under a name for everybody."""
        sort = self.listing.sort
        order: tuple[str | bool, ...] = (sort.key, sort.descending) if sort else ()
        made = SavedView(self.page, self.listed.name, self.bar.in_force, order, self._columns_chosen or ())
        text = msgspec.json.encode(made).decode()
        doing = self.console.operations.save_view(name, text, self.console.options.actor)
        self.console.act(f"view {name} saved: :view {name} brings it back", doing)

    def take_view(self, made: SavedView) -> None:
        """A saved view of the list in front; what this version does not know of it is left out."""
        known = {each.key for each in self.listed.columns}
        self._choose(tuple(each for each in made.columns if each in known) or None)
        if len(made.sort) == 2 and made.sort[0] in known:
            self.listing.set_sort(Sort(str(made.sort[0]), bool(made.sort[1])))
        self.use_filter(made.filter)
        self.show_rows()

    # -- order, marks, cursor

    def on_sort_wanted(self, event: SortWanted) -> None:
        if event.table is self.listing:
            self._by_hand = True
            self.listing.set_sort(event.sort)
            self.show_rows()

    def on_marks_changed(self, event: MarksChanged) -> None:
        self.query_one("#modes").refresh()

    def find(self, identity: object) -> None:
        if not self.listing.move_to(identity):
            self.query_now = self.bar.put("", self.listed.kind)
            self.bar.display = False
            self._show(at_once(self._sift()))
            self.listing.move_to(identity)
        self.listing.focus()

    def mode_words(self) -> list[tuple[str, str]]:
        table = self.listing
        if not table.marks:
            return []
        hidden = f", {table.hidden_marks:,} hidden" if table.hidden_marks else ""
        return [(f"  {len(table.marks):,} marked{hidden}", "marked")]

    def age_words(self, width: int) -> list[tuple[str, str]]:
        """Old news are told by the heading of the list."""
        age = self.age()
        if age.stale or not self.seen()[0]:
            return []
        return [(wording.read_ago(age.words) if width >= TWO_LINES_BELOW else age.words, age.role), (" ", "")]

    def aside(self) -> str:
        hidden = self.listing.hidden_marks
        return f"{hidden:,} marked that the filter hides {'is' if hidden == 1 else 'are'} left alone" if hidden else ""

    # -- values and columns

    def action_filter_cell(self) -> None:
        """Narrow the list to what has the same here as the row under the cursor."""
        table = self.listing
        field, record = self.field_of(table.column), self._records.get(table.cursor)
        if not field or record is None:
            self.console.tell(f"no field of the filter asks for {self._heading(table.column)}")
            return
        self.use_filter(narrowed(self.bar.in_force, terms_of(field, record, self.console.now())))

    def action_facet(self) -> None:
        field = self.field_of(self.listing.column)
        if field:
            self.run_worker(self._facet(field), group="facet", exclusive=True)
        else:
            self.console.tell(f"no field of the filter asks for {self._heading(self.listing.column)}")

    async def _facet(self, field: str) -> None:
        """The values of a column among the rows shown; those that are taken narrow the list."""
        console, rows = self.console, self.listing.rows
        shown = [self._records[each] for each in map(rows.identity, range(rows.count())) if each in self._records]
        found = await calmly(facets(field, shown, console.now()))

        def taken(terms: tuple[Hashable, ...] | None) -> None:
            if terms:
                self.use_filter(narrowed(self.bar.in_force, any_of([str(each) for each in terms])))

        by_term = {each.term: each for each in found}
        values = OrderedRows(tuple(by_term), lambda term: _facet_cells(by_term[str(term)], len(shown)))
        question = f"{self._heading(self.listing.column)}: {len(found):,} values in {len(shown):,} rows"
        console.push_screen(Pick(question, VALUE_COLUMNS, values, role=self.role, glyphs=console.glyphs), taken)

    def _heading(self, column: str) -> str:
        return next((each.heading for each in self.listed.columns if each.key == column), column)

    def action_choose_columns(self) -> None:
        headings = {each.key: each.heading for each in self.listed.columns}

        def taken(chosen: tuple[Hashable, ...] | None) -> None:
            if chosen is not None:
                self._choose(tuple(str(each) for each in chosen) or None)

        rows = OrderedRows(tuple(headings), lambda key: (Cell(headings[str(key)]),))
        marks = frozenset(self.listing.chosen_columns)
        pick = Pick("columns to show; those without room are left out from the least important", CHOICE_COLUMNS, rows,
                    role=self.role, glyphs=self.console.glyphs, marks=marks, exactly=True)  # fmt: skip
        self.console.push_screen(pick, taken)

    def change_columns(self, wish: str) -> None:
        """`+owner -tls` as people type it: headings or keys, in any case; nothing: as many as fit again."""
        chosen = set(self.listing.chosen_columns) if wish.strip() else None
        for word in wish.split():
            key = self._column_named(word.lstrip("+-"))
            chosen = (chosen or set()) - {key} if word.startswith("-") else (chosen or set()) | {key}
        if chosen is not None and not chosen:
            raise keys.KeysError("a list needs at least one column")
        self._choose(None if chosen is None else tuple(each.key for each in self.listed.columns if each.key in chosen))

    def _column_named(self, name: str) -> str:
        for each in self.listed.columns:
            if name.lower() in (each.key, each.heading.lower()):
                return each.key
        there = ", ".join(each.heading.lower() for each in self.listed.columns)
        raise keys.KeysError(f"there is no column '{safe(name, 40)}'; there are {there}")

    def _choose(self, columns: tuple[str, ...] | None) -> None:
        self._columns_chosen = columns
        self.listing.choose(columns)

    def on_mount(self) -> None:
        if self.has_list:
            self.turn_list()
            self.listing.focus()


def _facet_cells(facet: Facet, total: int) -> tuple[Cell, ...]:
    return Cell(facet.words), Cell(f"{facet.count:,}"), Cell(wording.percent(facet.count / total, 0), "muted")


def _no_rank(record: Record) -> None:
    """All are equal where nothing orders them."""


def values_of(records: Iterable[Mapping[str, Any]], field: str) -> Sequence[tuple[str, int]]:
    """The values of a field among records, most frequent first."""
    counts: dict[str, int] = {}
    names = FIELDS[field].record_keys if field in FIELDS else (field,)
    for record in records:
        found = next((record[name] for name in names if record.get(name) is not None), None)
        for each in found if isinstance(found, (list, tuple)) else (found,):
            if isinstance(each, str) and each:
                counts[each] = counts.get(each, 0) + 1
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:200]
