"""The demo without a screen: an engine watches the world for so long, and what happens is told line by line.

The engine is the one of `vedette run`, on its own thread, and only it writes the store; this side reads as a console
does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core import clock
from core.demo.account import Account
from core.demo.telling import alert_line, begin_line, change_lines, received_line, scene_line
from core.demo.world import World, opened
from core.engine.service import EngineThread, leave_at_latest, wish_to_stop, wished
from core.model.alert import AlertState
from core.view import View

BEAT = 0.25
STOP_AT_LATEST = 8.0

Say = Callable[[str], None]


def run(seconds: float, say: Say) -> Account:
    """Watch for so many seconds or until a signal comes; lines go to `say`. Nothing of it is left behind."""
    with wish_to_stop() as wish, opened() as world:
        thread = EngineThread(world.data, world.settings, _environment())
        leave_at_latest(STOP_AT_LATEST, wish, thread.clear_away)
        thread.start()
        try:
            return asyncio.run(_follow(world, thread, clock.monotonic() + seconds, wish, say))
        finally:
            thread.ask_to_stop()
            thread.ended()


async def _follow(world: World, thread: EngineThread, until: float, wish: int, say: Say) -> Account:
    """Tell what is new at each beat, until the time is over, a signal came or the engine ended."""
    view = View(world.data)
    await view.open()
    try:
        follower = _Follower(world, view, say)
        while clock.monotonic() < until and not wished(wish, 0) and not thread.ended(0):
            await follower.beat()
            await asyncio.sleep(BEAT)
        await follower.beat()
        return follower.account
    finally:
        await view.close()
        if thread.failure is not None:
            raise thread.failure


@dataclass(slots=True)
class _Shown:
    """What was told already: scenes by number, changes and alerts by id and state."""

    scenes: int = 0
    changes: frozenset[int] = frozenset()
    alerts: frozenset[tuple[int, AlertState]] = frozenset()


class _Follower:
    """Reads what is new and says it once."""

    def __init__(self, world: World, view: View, say: Say) -> None:
        self._world = world
        self._view = view
        self._say = say
        self._cursor = 0
        self._shown = _Shown()
        self.account = Account(0.0, clock.now())

    async def beat(self) -> None:
        heard = self._world.heard()
        await self._read([each for each in heard if each["event"] == "received"])
        for each in heard:
            if each["event"] == "begin":
                self.account = replace(self.account, began=each["at"])
                self._say(begin_line())
        self._tell_scenes()
        self._tell_changes()
        self._tell_alerts()
        for each in heard:
            if each["event"] == "received":
                self._say(received_line(each["at"] - self.account.began, each))

    async def _read(self, received: list[dict[str, Any]]) -> None:
        """Read the store when its feed moved."""
        account = replace(self.account, now=clock.now(), received=(*self.account.received, *received))
        events = await self._view.since(self._cursor)
        if events:
            self._cursor = events[-1].seq
            account = replace(
                account,
                changes=tuple(await self._view.changes()),
                alerts=tuple(await self._view.alerts()),
            )
        records = await self._view.sites(account.now)
        self.account = replace(account, looks={str(each["name"]): int(each["scans"]) for each in records})

    def _tell_scenes(self) -> None:
        scenes = self.account.scenes
        for scene in scenes[self._shown.scenes :]:
            self._say("")
            self._say(scene_line(scene))
        self._shown.scenes = len(scenes)

    def _tell_changes(self) -> None:
        new = [each for each in self.account.confirmed if each.id not in self._shown.changes]
        for change in sorted(new, key=lambda each: each.id):
            for line in change_lines(self.account.seconds, change):
                self._say(line)
        self._shown.changes |= {each.id for each in new}

    def _tell_alerts(self) -> None:
        new = [each for each in self.account.alerts if (each.id, each.state) not in self._shown.alerts]
        for alert in sorted(new, key=lambda each: each.id):
            self._say(alert_line(self.account.seconds, alert))
        self._shown.alerts |= {(each.id, each.state) for each in new}


def _environment() -> dict[str, str]:
    """Ours without Vedette's own settings: a demo obeys nothing but its own file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
