"""The form of a site: what to look at, how often, and a test look at exactly that before it is watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from core.drafts import read_target_table, target_keys, whole_url
from core.errors import VedetteError
from core.model.scan import METRICS
from core.model.target import SCANNER_NAMES, Profile, Target, TargetClass
from tui.fields import Field, Kind, Table, table_of, values_of, wrong_of
from tui.panes.trial import trial_lines, wrapped
from tui.screens.form import FormScreen

TIMINGS = ", ".join(METRICS[:6])
FIELDS = (
    Field("url", "url", hint="where to look; without a scheme it is https", example="https://shop.example/"),
    Field("name", "name", hint="what it is called here; its host where nothing stands", example="its host"),
    Field("every", "every", hint="how often: 30s, 5m, 1h; or leave it and write a cron expression", example="5m"),
    Field("cron", "cron", hint="five fields instead of an interval, such as 0 */6 * * *", example="instead of every"),
    Field("timezone", "time zone", hint="in which the cron expression is meant, such as Europe/Berlin", example="UTC"),
    Field("tags", "tags", Kind.LIST, "words to filter by, with commas between", "shop, eu"),
    Field("class", "class", Kind.CHOICE, "whose it is: others are looked at more politely",
          choices=tuple(TargetClass)),
    Field("owner", "owner", hint="who answers for it", example="nobody"),
    Field("profile", "profile", Kind.CHOICE, "judged at once, or told in batches", choices=tuple(Profile)),
    Field("scan", "scanners", Kind.CHECKS, "what is looked for; space chooses", choices=SCANNER_NAMES),
    Field("thresholds", "thresholds", Kind.PAIRS, f"slower by how much counts; off for not: {TIMINGS}",
          "total_ms=20%, ttfb_ms=25%"),
    Field("content.select", "select", hint="CSS selector of the part that counts", example="the whole page"),
    Field("content.ignore", "ignore", Kind.LIST, "CSS selectors or /regex/ that do not count, with commas between",
          "#clock, /Visit [0-9]+/"),
    Field("allow_private", "private", Kind.FLAG, "whether its address may be a private or loopback one"),
)  # fmt: skip
EITHER = "a target has either 'every' or 'cron'"


class TargetForm(FormScreen):
    """Adds a site or, with `known`, edits that one; `url` stands in the form already."""

    has_test: ClassVar[bool] = True

    def __init__(self, known: Target | None = None, url: str = "") -> None:
        super().__init__()
        self._known = known
        self._table = target_keys(known) if known else {"url": url} if url else {}
        self._tried = ""
        self._added = 0

    def heading(self) -> str:
        return f"Edit {self._known.name}" if self._known else "New site"

    def fields(self) -> Sequence[Field]:
        return FIELDS

    def given(self) -> Mapping[str, str]:
        return values_of(FIELDS, self._table)

    def judge(self, values: Mapping[str, str]) -> Mapping[str, str]:
        wrong = wrong_of(FIELDS, lambda: self._draft(values))
        return {"cron": EITHER, **wrong} if values["every"].strip() and values["cron"].strip() else wrong

    def _draft(self, values: Mapping[str, str]) -> Target:
        return read_target_table(self._typed(values), self._known)

    def _typed(self, values: Mapping[str, str]) -> Table:
        table = table_of(FIELDS, values)
        return {**table, "url": whole_url(str(table["url"]))} if "url" in table else table

    def fault(self) -> str:
        return self._known.fault if self._known else ""

    async def store(self, values: Mapping[str, str]) -> str:
        """Only what was changed here is changed there: somebody else may have edited the rest meanwhile."""
        operations, by = self.console.operations, self.console.options.actor
        if self._known is None:
            added = (await operations.add_targets([self._draft(values)], by))[0]
            self._added = added.id
            return f"{added.name} is watched as T-{added.id}"
        now = await self.console.view.target(self._known.uuid)
        typed = self._typed(values)
        changes = {key: typed.get(key) for key in (*typed, *self._table) if typed.get(key) != self._table.get(key)}
        if not changes and not now.fault:
            return f"{now.name}: nothing was changed"
        table = {key: value for key, value in {**target_keys(now), **changes}.items() if value is not None}
        changed = await operations.edit_target(read_target_table(table, now), by)
        return f"{changed.name} changed: {', '.join(changes) or 'written anew'}"

    async def after(self) -> None:
        await super().after()
        screen = self.console.console_screen()
        if self._added and screen is not None and screen.page == "sites":
            screen.find(self._added)

    # -- the test

    def preview_title(self) -> str:
        return f"Test: {self._tried}"

    def action_test(self) -> None:
        values = self.form.values
        if not self.form.check():
            self.say("no test yet: what is wrong stands below its field")
            return
        self.run_worker(self._try(self._draft(values)), group="test", exclusive=True)

    async def _try(self, target: Target) -> None:
        console = self.console
        self._tried = target.url
        self.say("")
        self.show_preview([[(" looking once, nothing is stored", "muted")]], here=True)
        width = self.preview_width()
        try:
            scan = await console.operations.try_target(target, console.options.actor)
        except VedetteError as error:
            self.show_preview(wrapped("not looked", str(error), width, "error"), here=True)
            return
        self.show_preview(trial_lines(scan, console.now(), console.glyphs, width), here=True)
