"""What a terminal sends: keys as Textual reads them, and what is pasted as one text whatever stands in it.

Textual's own reader takes an escape within a paste for the start of a key, and presses what follows it: a text copied
from a page could give commands. It also ends with the first byte that is no UTF-8.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterable
from typing import Any

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END as END
from textual._xterm_parser import BRACKETED_PASTE_START as START
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.widgets import Input

MOST_PASTED = 10_000
READ = 4096
SELECT_SECONDS = 0.1


class TerminalParser(XTermParser):
    """Keys, mouse and answers of the terminal; of a paste at most one character more than MOST_PASTED is kept."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._seen = ""  # what may be the beginning of a mark that the next piece goes on with
        self._pasted: list[str] | None = None
        self._room = 0

    def feed(self, data: str) -> Iterable[Message]:
        if not data:
            yield from super().feed(data)
        while data:
            data = yield from self._keys(data) if self._pasted is None else self._text(data)

    def _keys(self, data: str) -> Generator[Message, None, str]:
        """Everything up to the start of a paste; the rest is given back."""
        known = self._seen + data
        at = known.find(START)
        if at < 0:
            self._seen = known[-len(START) + 1 :]
            yield from super().feed(data)
            return ""
        rest = known[at + len(START) :]
        yield from super().feed(data[: len(data) - len(rest)])
        self._seen, self._pasted, self._room = "", [], MOST_PASTED + 1
        return rest

    def _text(self, data: str) -> Generator[Message, None, str]:
        """What is pasted, told once its end is there; the rest is given back."""
        assert self._pasted is not None
        known = self._seen + data
        at = known.find(END)
        text = known[: at if at >= 0 else -len(END) + 1][: self._room]
        self._room -= len(text)
        self._pasted.append(text)
        if at < 0:
            self._seen = known[-len(END) + 1 :]
            return ""
        pasted = events.Paste("".join(self._pasted).replace("\x00", ""))
        self._seen, self._pasted = "", None
        for message in super().feed(END):
            yield pasted if isinstance(message, events.Paste) else message
        return known[at + len(END) :]


def reading(driver: type[Driver]) -> type[Driver]:
    """The driver, reading with the parser above what a terminal sends."""
    if not issubclass(driver, LinuxDriver):
        return driver

    class Reading(driver):  # type: ignore[valid-type, misc]
        def run_input_thread(self) -> None:
            parser = TerminalParser(self._debug)
            decode = getincrementaldecoder("utf-8")("replace").decode
            with selectors.SelectSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    data = decode(os.read(self.fileno, READ)) if selector.select(SELECT_SECONDS) else ""
                    messages: list[Any] = [*(parser.feed(data) if data else ()), *parser.tick()]
                    for message in messages:
                        self.process_message(message)

    return Reading


def lines_of(text: str) -> str:
    """A paste with line ends as they are written here: a terminal sends those of the enter key."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def fitted(text: str, field: Input) -> tuple[str, str]:
    """What of a pasted text goes into a field of one line, and what must be said of it."""
    lines = [line for line in text.splitlines() if line.strip()]
    flat, most = " ".join(lines), field.max_length or MOST_PASTED
    room = max(most - len(field.value) + len(field.selected_text), 0)
    if len(flat) > room:
        return flat[
            :room
        ], f"only the first {room:,} characters were pasted: this field takes {most:,}, the rest was cut"
    return flat, f"{len(lines):,} lines were pasted as one" if len(lines) > 1 else ""
