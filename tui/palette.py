"""The command palette: everything that can be done from the screen there is, by its words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui import keys


class ActsProvider(Provider):
    """What has a key on this screen now; --readonly has taken away what changes something."""

    def _acts(self) -> list[tuple[str, str, Callable[[], Any]]]:
        active = {each.binding.id: each.binding.action for each in self.screen.active_bindings.values()}
        return [
            (act.words, keys.display(act.keys[0]), partial(self.screen.run_action, active[act.id]))
            for act in keys.ACTS.values()
            if act.id in active
        ]

    async def discover(self) -> Hits:
        for words, key, run in self._acts():
            yield DiscoveryHit(Content(f"{words}  {key}"), run, text=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for words, key, run in self._acts():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, Content(f"{words}  {key}"), run, text=words)
