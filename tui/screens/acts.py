"""Acts on alerts and changes, the same on every screen that shows some."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import VedetteError
from core.model.change import Verdict
from core.model.people import Actor
from core.operations import Operations
from tui.screens.ask import AskNote, AskVerdict
from tui.screens.console import ConsoleScreen
from tui.screens.targets import edit_site, open_site_url, pause_sites, rescan_sites

if TYPE_CHECKING:
    from tui.app import ConsoleApp

SITE_ACTS = ("object.rescan", "object.pause", "object.edit", "event.open_site", "object.trends", "object.open_url")
EVENT_ACTS = ("object.acknowledge", "object.acknowledge_with_note", "object.resolve", "object.verdict", *SITE_ACTS)


class EventScreen(ConsoleScreen):
    """`chosen_alerts` and `chosen_changes` are names such as `A-12` of what is marked, else under the cursor."""

    def chosen_alerts(self) -> list[str]:
        return []

    def chosen_changes(self) -> list[str]:
        return []

    def site_name(self) -> str:
        """The site that the row under the cursor is about."""
        return ""

    def sites_chosen(self) -> list[str]:
        """The sites that the marked rows are about, each once; without marks that of the row under the cursor."""
        return []

    def _on_sites(self, doing: Callable[[ConsoleApp, Sequence[str], str], Coroutine[Any, Any, None]]) -> None:
        if sites := self.sites_chosen():
            self.console.ask(doing(self.console, sites, self.aside()))
        elif self.aside():
            self._nothing()
        elif self.kind():
            self.console.tell("this is about no site")

    def action_rescan(self) -> None:
        self._on_sites(rescan_sites)

    def action_pause(self) -> None:
        """Pause the sites; when all of them are paused, resume them."""
        self._on_sites(pause_sites)

    def action_edit(self) -> None:
        if name := self.site_name():
            self.console.ask(edit_site(self.console, name))

    def act_on(self, names: Sequence[str], done: str, doing: Coroutine[Any, Any, Any]) -> None:
        """Do it to all of these, and say what was done and what was left alone."""
        self.console.act(said(f"{few(names)}{done}", self.aside()), doing)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.console.options.readonly and not self.console.check_action(action, parameters):
            return False
        return super().check_action(action, parameters)

    def action_acknowledge(self) -> None:
        console = self.console
        if changes := self.chosen_changes():
            self._give(changes, Verdict.EXPECTED)
        elif alerts := self.chosen_alerts():
            doing = acknowledge_all(console.operations, alerts, "", console.options.actor)
            self.act_on(alerts, " acknowledged", doing)
        else:
            self._nothing()

    def action_acknowledge_with_note(self) -> None:
        self._with_note("acknowledge", self.chosen_alerts())

    def action_resolve(self) -> None:
        self._with_note("resolve", self.chosen_alerts())

    def _with_note(self, what: str, alerts: list[str]) -> None:
        if not alerts:
            self._nothing()
            return
        console = self.console

        def noted(note: str | None) -> None:
            if note is None:
                return
            doing = acknowledge_all if what == "acknowledge" else resolve_all
            self.act_on(alerts, f" {what}d", doing(console.operations, alerts, note, console.options.actor))

        console.push_screen(AskNote(said(f"{what} {few(alerts)}", self.aside())), noted)

    def action_verdict(self) -> None:
        subjects = self.chosen_changes() or self.chosen_alerts()
        if not subjects:
            self._nothing()
            return

        def given(verdict: Verdict | None) -> None:
            if verdict is not None:
                self._give(subjects, verdict)

        self.console.push_screen(AskVerdict(few(subjects)), given)

    def _give(self, subjects: Sequence[str], verdict: Verdict) -> None:
        console = self.console
        doing = judge_all(console.operations, subjects, verdict, console.options.actor)
        self.act_on(subjects, f": {verdict.value}", doing)

    def action_open_url(self) -> None:
        if name := self.site_name():
            self.console.ask(open_site_url(self.console, name))

    def action_open_site(self) -> None:
        if name := self.site_name():
            self.console.open_site(name)

    def action_trends(self) -> None:
        if name := self.site_name():
            self.console.open_site(name, "Trends")


def sites_of(events: Iterable[object]) -> list[str]:
    """The sites that changes and alerts are about, each once; those of the watch itself are about none."""
    found = (getattr(each, "target_id", 0) for each in events)
    return [f"T-{each}" for each in dict.fromkeys(found) if each]


def few(names: Sequence[str]) -> str:
    """The first three by name, the others by their number."""
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3:,} more"


def said(words: str, aside: str) -> str:
    return f"{words}; {aside}" if aside else words


async def acknowledge_all(operations: Operations, alerts: Sequence[str], note: str, by: Actor) -> None:
    await each_of(alerts, lambda name: operations.acknowledge(name, note, by))


async def resolve_all(operations: Operations, alerts: Sequence[str], note: str, by: Actor) -> None:
    await each_of(alerts, lambda name: operations.resolve(name, note, by))


async def judge_all(operations: Operations, subjects: Sequence[str], verdict: Verdict, by: Actor) -> None:
    await each_of(subjects, lambda name: operations.give_verdict(name, verdict, by))


async def each_of(names: Sequence[str], doing: Callable[[str], Awaitable[Any]]) -> None:
    """Do it to every one, also after one refused; then say what was refused, VedetteError with the first reason."""
    refused: list[VedetteError] = []
    for name in names:
        try:
            await doing(name)
        except VedetteError as error:
            refused.append(error)
    if refused and len(names) == 1:
        raise refused[0]
    if refused:
        raise VedetteError(f"{len(names) - len(refused):,} of {len(names):,} done; {refused[0]}")
