"""A screen that is coming or going gets messages that were under way: the parts they ask for are not there, no fault.

A fault anywhere in a console ends it, and the engine in its process with it.
"""

from __future__ import annotations

from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import Screen, ScreenResultType

from tui.screens.composing import Composing


class Departing(Screen[ScreenResultType]):
    """What a message finds missing while the screen stands is a fault as ever."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = Composing()

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except NoMatches:
            if self._is_whole:
                raise

    @property
    def _is_whole(self) -> bool:
        stacks = self.app._screen_stacks.values()
        return self.is_mounted and not self._closing and not self._pruning and any(self in stack for stack in stacks)
