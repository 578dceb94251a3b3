"""Keys one after the other: what one types ahead goes where the key before it led.

Textual hands every key to whatever has the focus when it arrives, while the key before it may still be on its way up to
a binding. Over a slow line `:rules` comes in one piece, and its `r` would rescan a site before the `:` line is there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widgets import Input

LONGEST_WAIT = 2.0
MOST_WAITING = 10_000

Typed = events.Key | events.Paste


class TypeAhead:
    """What was typed waits until everything before it is handled, a screen that it opened has the focus included."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._waiting: deque[Typed] = deque(maxlen=MOST_WAITING)
        self._released: Typed | None = None
        self._following: asyncio.Task[None] | None = None

    def goes_on(self, event: Typed) -> bool:
        """Whether it is this one's turn; else it comes again when it is."""
        if event is self._released:
            self._released = None
            return True
        if self._following is not None and not self._following.done():
            self._waiting.append(event)
            return False
        self._following = asyncio.create_task(self._follow(self._path(event)), name="type-ahead")
        return True

    @property
    def idle(self) -> bool:
        """Whether everything that was typed is handled."""
        return not self._waiting and (self._following is None or self._following.done())

    def end(self) -> None:
        """Nothing is waited for any more."""
        self._waiting.clear()
        if self._following is not None:
            self._following.cancel()

    def _path(self, event: Typed) -> tuple[MessagePump, ...]:
        """Who handles it, one after the other; text for a field is handled in order without our help."""
        target = self._app.focused or self._app.screen
        if isinstance(target, Input) and (isinstance(event, events.Paste) or event.is_printable):
            return ()
        return tuple(_upwards(target))

    async def _follow(self, path: tuple[MessagePump, ...]) -> None:
        while True:
            if path:
                await self._handled(path)
            if not self._waiting:
                return
            event = self._waiting.popleft()
            path = self._path(event)
            self._released = event
            self._app.post_message(event)
            await _passed(self._app)

    async def _handled(self, path: tuple[MessagePump, ...]) -> None:
        """The focus itself is moved by a message to the app, which comes behind the key that asked for it."""
        for pump in path:
            await _passed(pump)
        await _passed(self._app.screen)
        await _passed(self._app)


def _upwards(target: MessagePump) -> Iterator[MessagePump]:
    pump: MessagePump | None = target
    while pump is not None:
        yield pump
        pump = pump._parent


async def _passed(pump: MessagePump) -> None:
    """What was sent to it so far is handled; one that is gone or busy for long is not waited for."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        try:
            await asyncio.wait_for(done.wait(), LONGEST_WAIT)
        except TimeoutError:
            return
