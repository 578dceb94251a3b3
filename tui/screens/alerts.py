"""Screen 4: alerts by state, and dead letters; below, who was told of the one under the cursor and what comes next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll

from core.errors import VedetteError
from core.model.alert import Alert, AlertState, Delivery
from core.model.change import Severity
from core.query.records import alert_record, delivery_record
from core.view import Timeline
from tui.news import ALERTS, News, letters
from tui.panes.event import About, alert_lines, letter_lines
from tui.panes.overview import just_before
from tui.panes.paint import Drawn, Flowing, flowed, page, ruled
from tui.panes.rows import ALERT_COLUMNS, ALERT_KEYS, LETTER_COLUMNS, alert_cells, letter_cells, worst_first
from tui.screens.acts import EVENT_ACTS, each_of, few, said, sites_of
from tui.screens.ask import sure_of
from tui.screens.console import bound
from tui.screens.coursed import CoursedScreen
from tui.screens.lists import Listed
from tui.screens.reading import ReadingScreen
from tui.screens.tabs import TabScreen
from tui.sift import Record
from tui.widgets.rows import Cell
from tui.widgets.table import CursorMoved, RowOpened

STATES = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.RESOLVED)
LETTERS = len(STATES)
NAMES = ("Firing", "Acked", "Resolved", "Dead letters")


COLUMNS = tuple(each for each in ALERT_COLUMNS if each.key != "state")  # the tabs say it
ALERT_LISTS = tuple(
    Listed(state.value, "alerts", COLUMNS, none=none)
    for state, none in zip(
        STATES, ("nothing fires", "nobody has acknowledged anything", "nothing is over yet"), strict=True
    )
)
LETTER_LIST = Listed("letters", "deliveries", LETTER_COLUMNS, none="no dead letter: no channel gave up on a message")


class AlertsScreen(TabScreen, CoursedScreen, ReadingScreen):
    page: ClassVar[str] = "alerts"
    reader: ClassVar[str] = "#log-scroll"
    wants: ClassVar[frozenset[str]] = frozenset({ALERTS})
    lists: ClassVar[tuple[Listed, ...]] = (*ALERT_LISTS, LETTER_LIST)
    BINDINGS: ClassVar[list[BindingType]] = bound(
        *EVENT_ACTS, "object.diff", "tabs.next", "tabs.previous", "object.remove"
    )

    def body(self) -> ComposeResult:
        self._alerts: dict[object, Alert] = {}
        self._letters: dict[object, Delivery] = {}
        self._about: tuple[int, About] | None = None
        self._past: tuple[int, Timeline] | None = None
        self._dues: dict[int, float] = {}
        self._asking = False
        yield Drawn(self.tab_line, id="tabs")
        yield self.filter_bar()
        with Container(classes="split"):
            yield self.list_table()
            with Vertical(classes="inspector"):
                yield Drawn(self._title, id="title")
                with VerticalScroll(id="log-scroll"):
                    yield Flowing(self._log, id="log")
                yield from self.course_panes()

    @property
    def listed(self) -> Listed:
        return self.lists[self.tab]

    def tab_names(self) -> Sequence[str]:
        counts = [sum(each.state is state for each in self._alerts.values()) for state in STATES]
        return [f"{name} {count:,}" for name, count in zip(NAMES, [*counts, len(self._letters)], strict=True)]

    async def show_news(self, news: News, now: float) -> None:
        self._alerts = {f"A-{each.id}": each for each in news.alerts}
        self._letters = {f"D-{each.id}": each for each in letters(news)}
        await self.offer_rows()
        self._inspect()
        self._ask()

    def show_tab(self) -> None:
        self.turn_list()
        self._inspect()

    def records(self) -> dict[Any, Any]:
        if self.tab == LETTERS:
            return {name: self._letter_record(each) for name, each in self._letters.items()}
        state = STATES[self.tab]
        alerts = worst_first(each for each in self._alerts.values() if each.state is state)
        if state is AlertState.RESOLVED:
            alerts.sort(key=lambda each: -each.updated_at)
        return {f"A-{each.id}": {**alert_record(each), "_": each} for each in alerts}

    def _letter_record(self, letter: Delivery) -> Record:
        alert = self._alerts.get(f"A-{letter.alert_id}")
        return {**delivery_record(letter, alert.target if alert else ""), "_": letter}

    def rank(self, column: str) -> Callable[[Record], Any] | None:
        key = ALERT_KEYS.get(column) if self.tab != LETTERS else None
        return (lambda record: key(record["_"])) if key else super().rank(column)

    def is_problem(self, record: Record) -> bool:
        return self.tab == LETTERS or record["severity"] >= Severity.HIGH

    def cells(self, identity: object) -> Sequence[Cell]:
        now, plain = self.console.now(), self.console.plain
        if identity in self._alerts:
            alert = self._alerts[identity]
            cells = alert_cells(alert, now, plain, self._dues.get(alert.target_id))
            return [cell for column, cell in zip(ALERT_COLUMNS, cells, strict=True) if column in COLUMNS]
        return letter_cells(self._letters[identity], now, plain) if identity in self._letters else ()

    def find(self, identity: object) -> None:
        if identity in self._letters:
            self.turn_to(LETTERS)
        elif identity in self._alerts and self._alerts[identity].state in STATES:
            self.turn_to(STATES.index(self._alerts[identity].state))
        super().find(identity)

    # -- what the cursor stands on

    def _alert(self) -> Alert | None:
        return self._alerts.get(self.listing.cursor)

    def course_of(self) -> tuple[int, Timeline | None]:
        alert, past = self._alert(), self._past
        target = alert.target_id if alert else 0
        return target, past[1] if past and past[0] == target else None

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self._inspect()
        self.draw_course()
        self._ask()
        self.ask_course()

    def on_row_opened(self, event: RowOpened) -> None:
        """Its site; where there is no room for its log beside the list, the log first."""
        if self.query_one(".inspector").display:
            self.action_open_site()
        else:
            self.action_diff()

    def beat(self, now: float) -> None:
        super().beat(now)
        self._inspect()

    def _inspect(self) -> None:
        for each in self.query("#log"):  # none while the screen is put up
            each.refresh(layout=True)
        for drawn in self.query(Drawn):
            drawn.refresh()

    def _log(self, width: int) -> Text:
        now, plain = self.console.frozen_at or self.console.now(), self.console.plain  # as old as the row it is about
        alert, letter = self._alert(), self._letters.get(self.listing.cursor)
        if alert is not None:
            about = self._about[1] if self._about and self._about[0] == alert.id else About()
            return page(self.role, flowed(alert_lines(alert, now, plain, about), width), width)
        return page(self.role, flowed(letter_lines(letter, now, plain), width), width) if letter else Text("")

    def _ask(self) -> None:
        if not self._asking and self.console.news.read_at:
            self._asking = True
            self.run_worker(self._read_about(), group="alerts")

    async def _read_about(self) -> None:
        """Notes of the alert under the cursor and its site's next look, until the cursor has come to rest."""
        view = self.console.view
        try:
            held = {each.target_id for each in self._alerts.values() if each.state is not AlertState.RESOLVED}
            self._dues = await view.dues(sorted(held)[:500])
            while (alert := self._alert()) is not None:
                notes = tuple(await view.notes("alert", alert.id))
                timeline = await view.timeline(alert.target_id, self.console.now()) if alert.target_id else None
                before = tuple(just_before(alert, timeline)) if timeline else None
                self._past = (alert.target_id, timeline) if timeline else None
                self._about = (alert.id, About(notes, self._dues.get(alert.target_id), before))
                if alert.id == getattr(self._alert(), "id", alert.id):
                    break
        except VedetteError:
            return  # the header says that the store cannot be read
        finally:
            self._asking = False
        if self.stands:
            self.listing.refresh()
            self._inspect()
            self.draw_course()

    def _title(self, width: int) -> Text:
        alert, rule = self._alert(), self.console.glyphs.rule
        words = f"A-{alert.id} {alert.target}" if alert else str(self.listing.cursor or "")
        return ruled(self.role, words, width, rule)

    def on_resize(self) -> None:
        self.call_after_refresh(self._inspect)

    def redraw(self) -> None:
        super().redraw()
        self._inspect()

    def thing(self, identity: object) -> object | None:
        return self._alerts.get(identity) or self._letters.get(identity)

    def kind(self) -> str:
        if self._alert():
            return "alert"
        return "delivery" if self.listing.cursor in self._letters else ""

    def chosen_alerts(self) -> list[str]:
        return [str(each) for each in self.listing.chosen if each in self._alerts]

    def site_name(self) -> str:
        letter = self._letters.get(self.listing.cursor)
        alert = self._alert() or (self._alerts.get(f"A-{letter.alert_id}") if letter else None)
        return f"T-{alert.target_id}" if alert and alert.target_id else ""

    def chosen_letters(self) -> list[str]:
        return [str(each) for each in self.listing.chosen if each in self._letters]

    def sites_chosen(self) -> list[str]:
        return sites_of(self._alerts.get(each) for each in self.listing.chosen)

    def action_rescan(self) -> None:
        """Look again at the sites of alerts, try dead letters again."""
        console = self.console
        if letters := self.chosen_letters():
            doing = each_of(letters, lambda name: console.operations.requeue(name, console.options.actor))
            self.act_on(letters, " tried again", doing)
        else:
            super().action_rescan()

    def action_remove(self) -> None:
        """Drop dead letters for good; many only after their number was typed."""
        letters, console = self.chosen_letters(), self.console
        if not letters:
            self._nothing()
            return

        def answered(sure: bool | None) -> None:
            if sure:
                doing = each_of(letters, lambda name: console.operations.drop(name, console.options.actor))
                self.act_on(letters, " dropped", doing)

        question = f"Drop {few(letters)} for good? Nobody will get what they say."
        console.push_screen(sure_of(len(letters), said(question, self.aside())), answered)
