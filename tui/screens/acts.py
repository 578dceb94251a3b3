"""Acts on alerts and changes, the same on every screen that shows some."""

from __future__ import annotations

from collections.abc import Sequence

from core.model.change import Verdict
from core.model.people import Actor
from core.operations import Operations
from tui.screens.ask import AskNote, AskVerdict
from tui.screens.console import ConsoleScreen
from tui.screens.targets import open_site_url

EVENT_ACTS = ("object.acknowledge", "object.acknowledge_with_note", "object.resolve", "object.verdict",
              "event.open_site", "object.open_url")  # fmt: skip


class EventScreen(ConsoleScreen):
    """`chosen_alerts` and `chosen_changes` are names such as `A-12` of what is marked, else under the cursor."""

    def chosen_alerts(self) -> list[str]:
        return []

    def chosen_changes(self) -> list[str]:
        return []

    def site_name(self) -> str:
        """The site that the row under the cursor is about."""
        return ""

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
            console.act(f"{', '.join(alerts)} acknowledged", doing)

    def action_acknowledge_with_note(self) -> None:
        self._with_note("acknowledge", self.chosen_alerts())

    def action_resolve(self) -> None:
        self._with_note("resolve", self.chosen_alerts())

    def _with_note(self, what: str, alerts: list[str]) -> None:
        if not alerts:
            return
        console = self.console

        def noted(note: str | None) -> None:
            if note is None:
                return
            doing = acknowledge_all if what == "acknowledge" else resolve_all
            console.act(f"{', '.join(alerts)} {what}d", doing(console.operations, alerts, note, console.options.actor))

        console.push_screen(AskNote(f"{what} {', '.join(alerts)}"), noted)

    def action_verdict(self) -> None:
        subjects = self.chosen_changes() or self.chosen_alerts()
        if not subjects:
            return

        def said(verdict: Verdict | None) -> None:
            if verdict is not None:
                self._give(subjects, verdict)

        self.console.push_screen(AskVerdict(", ".join(subjects)), said)

    def _give(self, subjects: Sequence[str], verdict: Verdict) -> None:
        console = self.console
        doing = judge_all(console.operations, subjects, verdict, console.options.actor)
        console.act(f"{', '.join(subjects)}: {verdict.value}", doing)

    def action_open_url(self) -> None:
        if name := self.site_name():
            self.console.ask(open_site_url(self.console, name))

    def action_open_site(self) -> None:
        if name := self.site_name():
            self.console.open_site(name)


async def acknowledge_all(operations: Operations, alerts: Sequence[str], note: str, by: Actor) -> None:
    for each in alerts:
        await operations.acknowledge(each, note, by)


async def resolve_all(operations: Operations, alerts: Sequence[str], note: str, by: Actor) -> None:
    for each in alerts:
        await operations.resolve(each, note, by)


async def judge_all(operations: Operations, subjects: Sequence[str], verdict: Verdict, by: Actor) -> None:
    for each in subjects:
        await operations.give_verdict(each, verdict, by)
