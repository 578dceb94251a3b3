"""Lines to standard error by a thread of its own, so that a terminal nobody reads holds up nothing but itself."""

from __future__ import annotations

import os
import queue
import sys
import threading

_KEPT = 1000


class Screen:
    """`line` never waits: what finds no room is dropped. `end` gives what is left a moment to be written.

    It writes to the descriptor itself: a thread that hangs in `sys.stderr` would hold the lock which the interpreter
    takes at its end.
    """

    def __init__(self) -> None:
        self._lines: queue.Queue[bytes | None] = queue.Queue(_KEPT)
        self._thread = threading.Thread(target=self._write, name="screen", daemon=True)
        self._thread.start()

    def line(self, text: str) -> None:
        """From any thread."""
        try:
            self._lines.put_nowait(text.encode("utf-8", "replace") + b"\n")
        except queue.Full:
            return

    def end(self, patience: float = 0.3) -> None:
        """Take no more, and wait at most `patience` seconds for what was taken."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(patience)

    def _write(self) -> None:
        try:
            descriptor = sys.stderr.fileno()
            while (line := self._lines.get()) is not None:
                while line:
                    line = line[os.write(descriptor, line) :]
        except (OSError, ValueError):  # standard error is closed: there is nobody to tell
            return
