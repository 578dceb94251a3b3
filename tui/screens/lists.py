"""A screen that is one long list with a filter: sites and changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from core.query.filters import FIELDS, Query, compile_filter, sort_records
from tui.screens.acts import EventScreen
from tui.widgets.filterbar import FilterBar, FilterChanged, FilterLeft
from tui.widgets.rows import OrderedRows
from tui.widgets.table import MarksChanged, Sort, SortWanted, VirtualTable


class ListScreen(EventScreen):
    """The list is the table `#list`; records are what its filter looks at, under the identities of its rows."""

    filter_kind: ClassVar[str] = "targets"
    filter_first: ClassVar[str] = ""

    def filter_bar(self) -> FilterBar:
        return FilterBar(role=self.role, values=self.values, kind=self.filter_kind, id="filter")

    @property
    def listing(self) -> VirtualTable:
        return self.query_one("#list", VirtualTable)

    @property
    def bar(self) -> FilterBar:
        return self.query_one(FilterBar)

    # -- what a screen says of its list

    def records(self) -> Mapping[object, dict[str, Any]]:
        return {}

    def ordered(self, identities: Sequence[object], sort: Sort | None) -> Sequence[object]:
        return identities

    def cells(self, identity: object) -> Sequence[Any]:
        return ()

    # -- filter and order

    query_now: Query | None = None

    def rows(self, sort: Sort | None = None) -> OrderedRows:
        """What passes the filter, in the filter's order, else the column's."""
        records, now = self.records(), self.console.now()
        passing = list(records)
        wish = sort or self.listing.sort
        if self.query_now is not None:
            test = compile_filter(self.query_now, now)
            passing = [identity for identity in passing if test(records[identity])]
        if self.query_now is not None and self.query_now.sort and sort is None:
            keyed = [{**records[identity], "_": identity} for identity in passing]
            passing = [each["_"] for each in sort_records(self.query_now, keyed, now)]
        else:
            passing = list(self.ordered(passing, wish))
        self.bar.show_result(len(passing), len(records))
        return OrderedRows(tuple(passing), self.cells)

    def values(self, field: str) -> Sequence[tuple[str, int]]:
        """The values of a field among all records, most frequent first."""
        return values_of(self.records().values(), field)

    def filter(self) -> None:
        self.bar.display = True
        self.bar.edit()

    def use_filter(self, text: str) -> None:
        """Put a filter in force that was not typed here."""
        self.bar.display = bool(text)
        self.bar.set_text(text)

    def back(self) -> bool:
        if self.bar.in_force:
            self.bar.set_text("")
            self._close_bar()
            return True
        if self.listing.marks:
            self.listing.set_marks(frozenset())
            return True
        return False

    def on_filter_changed(self, event: FilterChanged) -> None:
        self.query_now = event.query
        self.listing.show(self.rows())

    def on_filter_left(self, event: FilterLeft) -> None:
        self._close_bar()

    def _close_bar(self) -> None:
        self.bar.display = bool(self.bar.in_force)
        self.listing.focus()

    def on_sort_wanted(self, event: SortWanted) -> None:
        self.listing.show(self.rows(event.sort), event.sort)

    def on_marks_changed(self, event: MarksChanged) -> None:
        self.query_one("#modes").refresh()

    def find(self, identity: object) -> None:
        if not self.listing.move_to(identity):
            self.bar.set_text("")
            self.listing.show(self.rows())
            self.listing.move_to(identity)
        self.listing.focus()

    def mode_words(self) -> list[tuple[str, str]]:
        marked = len(self.listing.marks)
        return [(f"  {marked:,} marked", "marked")] if marked else []

    def on_mount(self) -> None:
        self.bar.set_text(self.filter_first)
        self._close_bar()


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
