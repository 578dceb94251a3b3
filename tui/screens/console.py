"""What all screens share: verdict line, modes, footer, and how news, beats and keys reach them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from core.model.alert import AlertState
from core.model.change import Severity
from core.text import safe
from tui import keys, wording
from tui.news import READ_AGAIN, News
from tui.panes.paint import Drawn, line, spread
from tui.screens.departing import Departing
from tui.widgets.freshness import Freshness, freshness
from tui.widgets.table import NoProblem, VirtualTable

if TYPE_CHECKING:
    from tui.app import ConsoleApp

MODES = (("1", "overview", "Over"), ("2", "sites", "Sites"), ("3", "changes", "Changes"), ("4", "alerts", "Alerts"),
         ("6", "system", "System"))  # fmt: skip
DATED_FROM, HUGE = 100, 160  # columns
SHORT = {
    "global.help": "help", "object.acknowledge": "ack", "object.acknowledge_with_note": "ack with note",
    "object.resolve": "resolve", "event.open_site": "site", "object.pause": "pause", "tabs.next": "tab",
    "global.freeze": "freeze", "global.copy": "copy", "global.export": "export", "list.sort_right": "sort",
    "object.open_url": "URL", "text.save": "save", "text.test": "test", "text.below": "next field",
    "text.leave": "leave", "filter.done": "to the list", "filter.older": "older", "filter.save": "save as a view",
    "list.next_problem": "problem", "list.facet": "values", "diff.turn": "unified or not", "global.back": "back",
    "global.palette": "palette", "global.zoom": "zoom", "global.command": "cmd",
}  # fmt: skip


def bound(*ids: str) -> list[BindingType]:
    """The bindings of these acts, from the one table of keys."""
    return [each for each in keys.bindings(*keys.SCOPE_TITLES) if each.id in ids]


class ConsoleScreen(Departing[None]):
    """`page` is its name in the table of keys, empty for what only shares; `wants` are the lists that it shows."""

    page: ClassVar[str] = ""
    wants: ClassVar[frozenset[str]] = frozenset()
    subject = ""
    _bars: tuple[Drawn, ...] = ()
    ALLOW_IN_MAXIMIZED_VIEW = "#verdict, #footer"

    def again(self) -> Callable[[], ConsoleScreen] | None:
        """How to open it once more about the same `subject`; None for the screen of a mode, which is always there."""
        return None

    @property
    def console(self) -> ConsoleApp:
        return cast("ConsoleApp", self.app)

    def role(self, name: str) -> Style:
        return self.console.role(name)

    def compose(self) -> ComposeResult:
        verdict, modes = Drawn(self._verdict, id="verdict"), Drawn(self._modes, id="modes")
        footer = Drawn(self._footer, id="footer")
        self._bars = verdict, modes, footer
        yield from (verdict, modes)
        yield from self.body()
        yield footer

    def body(self) -> ComposeResult:
        yield from ()

    @property
    def stands(self) -> bool:
        """Whether its parts can be asked: they come after the screen and go before it, whoever still waits for news."""
        return self.is_attached and self.is_mounted and not self._pruning

    def wanted(self) -> frozenset[str]:
        """The lists that it shows at its present size."""
        return self.wants

    def seen(self) -> tuple[float | None, float]:
        """When what it lists was so, and every how many seconds that is read."""
        return self.console.news.oldest(self.wants), READ_AGAIN

    def age(self) -> Freshness:
        """How old its lists are; while frozen the header says since when."""
        at, every = self.seen()
        return freshness(at or None, every, self.console.frozen_at or self.console.now())

    # -- what the app tells a screen

    async def show_news(self, news: News, now: float) -> None:
        """Show what was read; live rows wait while somebody is at the keys."""

    async def on_screen_resume(self) -> None:
        self.console.arrived(self)
        await self.show_news(self.console.news, self.console.now())

    def beat(self, now: float) -> None:
        """A second has passed."""
        self.renew_bars()
        age = self.age()
        for table in self.query(VirtualTable):
            table.set_badge(age.words if age.stale else "")
            table.tick()

    def renew_bars(self) -> None:
        """What the lines that every screen has say now."""
        for each in self._bars:
            each.renew()

    def redraw(self) -> None:
        """Another theme, or frozen or not."""
        for table in self.query(VirtualTable):
            table.set_glyphs(self.console.glyphs)
            table.freeze(self.console.frozen_at is not None)
        for each in self.query(Drawn):
            each.refresh()

    def find(self, identity: object) -> None:
        """Put the cursor on this thing."""

    def filter(self) -> None:
        """Start typing a filter."""

    def back(self) -> bool:
        """Whether there was something of its own to leave."""
        return False

    def kind(self) -> str:
        """What the cursor stands on, for the footer."""
        return ""

    def aside(self) -> str:
        """What an act on the marked rows leaves alone, to be said with it."""
        return ""

    def _nothing(self) -> None:
        """There is nothing that an act could be done to: say so where what is marked is hidden."""
        if aside := self.aside():
            self.console.tell(aside)

    def thing(self, identity: object) -> object | None:
        """The noun behind a row of one of its lists."""
        return None

    def things(self, *, all_of_them: bool = False) -> list[object]:
        """What is marked in the list in focus, else under its cursor; or everything that the list shows."""
        tables = [each for each in self.query(VirtualTable) if each.display]
        table = self.focused if isinstance(self.focused, VirtualTable) else next(iter(tables), None)
        if table is None:
            return []
        rows = table.rows
        wanted = [rows.identity(at) for at in range(rows.count())] if all_of_them else table.chosen
        return [found for each in wanted if (found := self.thing(each)) is not None]

    def copied(self) -> str:
        """The row under the cursor as text."""
        table = self.focused
        if not isinstance(table, VirtualTable) or table.cursor is None:
            return ""
        return "\t".join(cell.text for cell in table.rows.cells(table.cursor_index))

    def on_resize(self) -> None:
        """Below 40x10 there is one line: what a status pane of tmux needs."""
        self.set_class(self.size.width < 40 or self.size.height < 10, "-line")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if self.maximized is not None and self.maximized not in event.widget.ancestors_with_self:
            self.minimize()
        self.query_one("#footer").refresh()

    def on_no_problem(self, event: NoProblem) -> None:
        self.console.tell("no other row here is a problem")

    # -- lines that every screen has

    def _verdict(self, width: int) -> Text:
        news, plain, right = self.console.news, self.console.plain, self._right(width)
        firing = (each.severity for each in news.open_alerts if each.state is AlertState.FIRING)
        worst = max(firing, default=Severity.CRITICAL)
        if width < 60:
            words = wording.one_line(news.states, news.unacknowledged) if news.read_at else "reading"
            loud = wording.severity_sign(worst).role if news.unacknowledged else "up"
            return spread(self.role, [(f" {words}", "down" if news.states.get("down") else loud)], right, width)
        if not news.read_at:
            return spread(self.role, [(" reading what is known", "muted")], right, width)
        left = []
        for words, sign in wording.tally(news.states, news.unacknowledged, plain, worst):
            left += [(" ", ""), (words, sign.role), (" ", "")]
        if sum(cell_len(words) for words, _ in (*left, *right)) >= width:
            right = [each for each in right if each[1] != "muted"]  # what is wrong comes before where the engine is
        return spread(self.role, left, right, width)

    def _right(self, width: int) -> list[tuple[str, str]]:
        console = self.console
        now, news = console.now(), console.news
        words, role = console.engine_state
        parts = [(words, role), (" ", "")] if width >= 60 or role == "error" else []
        every = max(console.options.beat, 5.0)
        old = wording.stale(news.read_at, every, now) if console.frozen_at is None else ""
        if console.frozen_at is not None:
            parts += [(wording.frozen(console.frozen_at, console.held.updates), "frozen"), (" ", "")]
        elif old:
            parts += [(old, "stale"), (" ", "")]
        if console.muted and width >= 60:
            parts += [("muted", "muted"), (" ", "")]
        if width < 60 and console.frozen_at is not None:
            return parts  # where there is little room, the moment shown is what counts
        moment = wording.moment(now) if width >= DATED_FROM else f"{wording.clock(now)}Z"
        return [*self._pace(width), *parts, (f"{moment} ", "heading")]

    def _pace(self, width: int) -> list[tuple[str, str]]:
        """How the engine gets on, where there is room for more than what is wrong."""
        status = self.console.news.status
        if status is None or width < HUGE or self.page == "overview" or self.console.lifeline.lost:
            return []
        pace = f"{status.scans_per_second:.1f} looks/s   {wording.milliseconds(status.late_p99_ms)} late   "
        return [(pace, "muted")]

    def _modes(self, width: int) -> Text:
        here = self.app.current_mode
        parts = []
        for key, mode, words in MODES:
            shown = f"{key} {words}" if width >= 60 else words if mode == here else key
            parts.append((f"[{shown}]" if mode == here else f" {shown} ", "heading" if mode == here else "muted"))
        read_only = [("read-only ", "warning")] if self.console.options.readonly else []
        return spread(self.role, [*parts, *self.mode_words()], [*self.age_words(width), *read_only], width)

    def age_words(self, width: int) -> list[tuple[str, str]]:
        """How old its list is, where no heading of a pane says that."""
        return []

    @property
    def hinted(self) -> str:
        """The page whose keys the footer shows: that of what is typed into, else its own."""
        return self.page

    @property
    def leads_back(self) -> bool:
        """Whether esc leads out of something that was opened here."""
        return self.maximized is not None or self.app.screen_stack[0] is not self

    def mode_words(self) -> list[tuple[str, str]]:
        """More about what is shown, behind the modes."""
        return []

    def _footer(self, width: int) -> Text:
        trouble = self.console.engine_trouble
        if trouble:
            return line(self.role, [(f" {trouble}", "error")], width)
        options = self.console.options
        active = {each.binding.id for each in self.active_bindings.values() if each.enabled}
        found = keys.hints(self.hinted, self.kind(), readonly=options.readonly, plain=self.console.plain)
        there = [each for each in found if each.id in active or keys.ACTS[each.id].built_in]
        if not self.leads_back:
            there = [each for each in there if each.id != "global.back"]
        brief = [replace(each, words=SHORT.get(each.id) or each.words.lower()) for each in there]
        shown = keys.footer(brief, width - 1)
        parts: list[tuple[str, str]] = [(" ", "")]
        for hint in shown:
            parts += [(hint.key, "key"), (f" {safe(hint.words)}  ", "muted")]
        return line(self.role, parts, width)
