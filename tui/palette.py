"""The command palette: everything that can be done from the screen there is, and every `:` command, by its words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from core.errors import VedetteError
from core.text import safe
from tui import commands, keys

if TYPE_CHECKING:
    from tui.app import ConsoleApp


class ActsProvider(Provider):
    """What has a key on this screen now, then the commands; --readonly has taken away what changes something."""

    def _acts(self) -> list[tuple[str, str, Callable[[], Any]]]:
        active = {each.binding.id: each.binding.action for each in self.screen.active_bindings.values()}
        with_keys: list[tuple[str, str, Callable[[], Any]]] = [
            (act.words, keys.display(act.keys[0]), partial(self.screen.run_action, active[act.id]))
            for act in keys.ACTS.values()
            if act.id in active
        ]
        return with_keys + [
            (act.words, f":{act.command} {act.arguments}".strip(), partial(self._command, act))
            for act in keys.complete_command("", readonly=self._console.options.readonly, there=commands.REGISTRY)
            if act.id not in active
        ]

    @property
    def _console(self) -> ConsoleApp:
        return cast("ConsoleApp", self.app)

    def _command(self, act: keys.Act) -> None:
        """Open the line with the command in it; what it is to be done to is still to be said."""
        self._console.type_command(f"{act.command} " if act.arguments else act.command)

    async def startup(self) -> None:
        """The saved views are read when the palette opens."""
        try:
            self._views = sorted(await self._console.view.views())
        except VedetteError:
            self._views = []  # the header says that the store cannot be read

    def _offered(self) -> list[tuple[str, str, Callable[[], Any]]]:
        views = [
            (f"{words} {safe(each, 60)}", f":{act.command}", partial(self._do, f"{act.command} {each}"))
            for words, act in (("View", keys.COMMANDS["view"]), ("Forget view", keys.COMMANDS["unsave"]))
            for each in self._views
            if not (act.mutating and self._console.options.readonly)
        ]
        return [*self._acts(), *views]

    def _do(self, line: str) -> None:
        self._console.ask(commands.do(self._console, line))

    async def discover(self) -> Hits:
        for words, key, run in self._offered():
            yield DiscoveryHit(Content(f"{words}  {key}"), run, text=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for words, key, run in self._offered():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, Content(f"{words}  {key}"), run, text=words)
