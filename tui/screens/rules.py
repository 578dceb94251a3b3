"""Rules: whom a change concerns, with what each would have matched lately, live while its filter is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.timer import Timer

from core.drafts import read_rule_table, rule_entry
from core.errors import QueryError
from core.model.alert import Rule
from core.operations import Declared
from core.query.filters import parse
from core.settings.stored import fault_of, raw_table, rule_from_json
from core.text import parse_duration
from tui import wording
from tui.fields import Field, Kind, Table, table_of, values_of, wrong_of
from tui.news import READ_AGAIN
from tui.panes.matches import Matched, matched, matched_lines
from tui.panes.paint import Part, Parts, labelled
from tui.screens.entries import ORIGIN_WORDS, EntriesScreen
from tui.screens.form import FormScreen
from tui.screens.lists import values_of as values_among
from tui.widgets.form import Form
from tui.widgets.rows import Cell, Column

DAYS = 7
DAY = 86_400.0
SETTLE = 0.15
AS_IT_IS = "as the change"
FIELDS = (
    Field("name", "name", hint="what the rule is called; its alerts carry it", example="Shop changes"),
    Field("when", "when", Kind.FILTER, "filter for changes; tab completes, enter goes on"),
    Field("severity", "severity", Kind.CHOICE, "how grave its alerts are",
          choices=(AS_IT_IS, "info", "low", "medium", "high", "critical")),
    Field("notify", "tells", Kind.SEVERAL, "which channels are told; none chosen means every one"),
    Field("throttle", "throttle", hint="tell each channel of one site at most once in this time, such as 60m",
          example="no limit"),
    Field("enabled", "in use", Kind.CHOICE, "a rule that is not in use is kept and shown, but tells nobody",
          choices=("yes", "no")),
)  # fmt: skip


class RulesScreen(EntriesScreen):
    page: ClassVar[str] = "rules"
    noun: ClassVar[str] = "rule"
    why_in: ClassVar[str] = "when"
    empty: ClassVar[str] = "no rule yet: severity high and above goes to every channel; + adds one"
    columns: ClassVar[Sequence[Column]] = (
        Column("name", "RULE", 14, priority=20, grow=2),
        Column("when", "WHEN", 20, priority=19, grow=5),
        Column("severity", "SEV", 8, priority=15),
        Column("notify", "TELLS", 12, priority=14, grow=2),
        Column("throttle", "THROTTLE", 8, priority=10),
        Column("enabled", "IN USE", 6, priority=8),
        Column("from", "FROM", 4, priority=9),
    )

    def cells(self, entry: Declared) -> Sequence[Cell]:
        rule = rule_from_json(entry.text)
        return (
            Cell(rule.name), Cell(rule.when, "muted"), Cell(rule.severity.word if rule.severity else "its own"),
            Cell(", ".join(rule.notify) or "everybody"),
            Cell(wording.duration(rule.throttle) if rule.throttle else wording.NOTHING),
            Cell("yes" if rule.enabled else "no", "" if rule.enabled else "paused"),
            Cell(ORIGIN_WORDS[entry.origin], "muted"),
        )  # fmt: skip

    def about(self, entry: Declared) -> Sequence[Parts]:
        rule = rule_from_json(entry.text)
        now = self.console.now()
        figures, at = self._figures.get(entry.text, (None, 0.0))
        lines: list[list[Part]] = [labelled("when", (rule.when, ""))]
        if now - at >= READ_AGAIN:
            self._measure(entry)
        if figures is None:
            return [*lines, labelled("matches", ("reading", "muted"))]
        return [*lines, *matched_lines(figures, now, self.console.plain, DAYS)]

    def on_mount(self) -> None:
        self._figures: dict[str, tuple[Matched, float]] = {}
        self._measuring: set[str] = set()
        super().on_mount()

    def _measure(self, entry: Declared) -> None:
        """Once at a time: what is drawn meanwhile waits for the same answer."""
        if entry.text not in self._measuring:
            self._measuring.add(entry.text)
            self.run_worker(self._measured(entry), group="measure")

    async def _measured(self, entry: Declared) -> None:
        now = self.console.now()
        try:
            records = await self.console.view.change_records(now - DAYS * DAY)
            figures = await asyncio.to_thread(matched, rule_from_json(entry.text), records, now)
            self._figures[entry.text] = (figures, now)
        finally:
            self._measuring.discard(entry.text)
        self._draw()

    def open_form(self, entry: Declared | None) -> None:
        self.console.ask(self._open(entry))

    async def _open(self, entry: Declared | None) -> None:
        self.console.push_screen(await rule_form(self, entry))

    async def loss(self, entry: Declared) -> str:
        others = sum(each.name != entry.name for each in self.entries.values())
        if others:
            return "What only it matches is told to nobody from then on; its alerts stay."
        return "It is the last one: severity high and above goes to every channel then; its alerts stay."


async def rule_form(screen: EntriesScreen, entry: Declared | None = None) -> RuleForm:
    """The form with the channels that there are, and the changes that it is tried on."""
    console = screen.console
    entries = (await console.operations.in_force()).entries
    records = await console.view.change_records(console.now() - DAYS * DAY)
    named = raw_table(entry.text).get("notify") if entry else None
    known = [each.name for each in entries if each.kind == "channel"]
    channels = dict.fromkeys([*known, *(str(each) for each in named)] if isinstance(named, list) else known)
    taken = [each.name for each in entries if each.kind == "rule" and (entry is None or each.name != entry.name)]
    return RuleForm(entry, tuple(channels), taken, records)


class RuleForm(FormScreen):
    """Adds a rule or, with `known`, edits that one; tried on `records` while it is typed."""

    def __init__(
        self,
        known: Declared | None,
        channels: Sequence[str],
        taken: Sequence[str],
        records: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__()
        self._known = known
        self._channels = tuple(channels)
        self._taken = frozenset(taken)
        self._records = records
        self._timer: Timer | None = None
        self._saved = ""

    def heading(self) -> str:
        return f"Edit rule {self._known.name}" if self._known else "New rule"

    def fields(self) -> Sequence[Field]:
        return [
            Field(each.key, each.label, each.kind, each.hint, each.example, self._channels)
            if each.key == "notify"
            else each
            for each in FIELDS
        ]

    def given(self) -> Mapping[str, str]:
        if self._known is None:
            return values_of(FIELDS, {"throttle": "60m"})
        table = {"name": self._known.name, **raw_table(self._known.text)}
        return {**values_of(FIELDS, table), "enabled": "no" if table.get("enabled") is False else "yes"}

    def make_form(self) -> Form:
        return Form(
            self.fields(), self.given(), self.judge, role=self.role, plain=self.console.plain, id="form",
            completions=lambda field: values_among(self._records, field),
        )  # fmt: skip

    def judge(self, values: Mapping[str, str]) -> Mapping[str, str]:
        wrong = wrong_of(FIELDS, lambda: read_rule_table(self._table(values)))
        name = values["name"].strip()
        return {**wrong, "name": f"there is a rule named '{name}' already"} if name in self._taken else wrong

    def _table(self, values: Mapping[str, str]) -> Table:
        table = table_of(FIELDS, values)
        return {**table, "enabled": values["enabled"] == "yes"}

    def fault(self) -> str:
        return fault_of(self._known.kind, self._known.text) if self._known else ""

    async def store(self, values: Mapping[str, str]) -> str:
        rule = read_rule_table(self._table(values))
        operations, by = self.console.operations, self.console.options.actor
        await operations.enter([rule_entry(rule)], by)
        if self._known is not None and self._known.name != rule.name:
            await operations.remove_entry("rule", self._known.name, by)
        self._saved = rule.name
        return f"rule {rule.name} is in force"

    async def after(self) -> None:
        await super().after()
        screen = self.console.console_screen()
        if isinstance(screen, RulesScreen):
            screen.find(self._saved)

    # -- preview

    def on_mount(self) -> None:
        super().on_mount()
        self.changed("when")

    def preview_title(self) -> str:
        return "What it would have matched"

    def changed(self, key: str) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SETTLE, self._try)

    def _try(self) -> None:
        self.run_worker(self._tried(), group="preview", exclusive=True)

    async def _tried(self) -> None:
        console, now = self.console, self.console.now()
        values = self.form.values
        try:
            parse(values["when"], "changes")
        except QueryError:
            return  # what it matched before stands until this is a filter again
        rule = Rule("preview", values["when"], throttle=_seconds(values["throttle"]))
        found = await asyncio.to_thread(matched, rule, self._records, now)
        self.show_preview(matched_lines(found, now, console.plain, DAYS))


def _seconds(typed: str) -> float:
    """A throttle while it is typed: none until it can be read."""
    try:
        return parse_duration(typed.strip())
    except ValueError:
        return 0.0
