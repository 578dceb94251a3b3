"""A terminal for benches: a console in a pty, when each of its paints ended, and what its processes cost.

What is shown is asked of an emulator, as the console sends only cells that differ; between questions it rests.
Modules are compiled once, as they are where Vedette is installed.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pyte

ROOT = Path(__file__).resolve().parents[2]
PAINTED = b"\x1b[?2026l"  # the end of an update; the terminal says that it knows them
KNOWN = b"\x1b[?2026;2$y"
ASKED = b"\x1b[?2026$p"
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\[\?[0-9;]*u")


class Pty:
    """A program in a terminal of `size` (columns, lines)."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environ: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        env = {**os.environ, **environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        env.pop("NO_COLOR", None)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "vedette-bench-pyc")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env=env, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.bytes = 0
        self._unfed: list[bytes] = []
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def read(self, within: float) -> bytes:
        """What comes next within so many seconds; empty when nothing does."""
        if not select.select([self.master], [], [], within)[0]:
            return b""
        try:
            said = os.read(self.master, 1 << 16)
        except OSError:
            return b""
        self.bytes += len(said)
        self._unfed.append(said)
        if ASKED in said:
            os.write(self.master, KNOWN)
        return said

    def drain(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        before, ends = self.bytes, time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self.read(left)
        return self.bytes - before

    def shown(self) -> str:
        """What stands on the screen now."""
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", b"".join(self._unfed)))
        self._unfed.clear()
        return "\n".join(self._screen.display)

    def until(self, holds: Callable[[str], bool], patience: float = 120.0) -> float:
        """Seconds since the start when what is shown first holds."""
        ends = time.monotonic() + patience
        while time.monotonic() < ends:
            if self.read(0.5):
                came = time.monotonic()
                if holds(self.shown()):
                    return came - self.started
            if self.process.poll() is not None:
                break
        raise SystemExit(f"never shown:\n{self.shown()}")

    def press(self, key: str, patience: float = 3.0) -> float | None:
        """Milliseconds from a key to the end of the first paint after it."""
        while self.read(0):
            continue
        began = time.monotonic()
        os.write(self.master, key.encode())
        said = b""
        while time.monotonic() - began < patience:
            said += self.read(0.05)
            if PAINTED in said:
                return (time.monotonic() - began) * 1000
        return None

    def press_until(self, key: str, holds: Callable[[str], bool], patience: float = 30.0) -> float:
        """Milliseconds from a key until what is shown holds."""
        while self.read(0):
            continue
        self.shown()
        began = time.monotonic()
        os.write(self.master, key.encode())
        while time.monotonic() - began < patience:
            if self.read(0.05):
                came = time.monotonic()
                if holds(self.shown()):
                    return (came - began) * 1000
        return float("nan")

    def main_thread_cpu(self) -> float:
        """CPU seconds of the thread that paints."""
        return _ticks(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat"))

    def cpu(self) -> float:
        return _ticks(Path(f"/proc/{self.process.pid}/stat"))

    def memory(self) -> tuple[float, float]:
        """MB (PSS) of the process, and with all its children."""
        own = pss(self.process.pid)
        children = psutil.Process(self.process.pid).children(recursive=True)
        return own, own + sum(pss(each.pid) for each in children)

    def end(self, keys: str) -> float:
        """Press these and wait; seconds until the process has ended."""
        began = time.monotonic()
        for key in keys:
            os.write(self.master, key.encode())
            self.drain(0.3)
        began = time.monotonic()
        while self.process.poll() is None and time.monotonic() - began < 10:
            self.read(0.05)
        took = time.monotonic() - began
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
        return took


def _ticks(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss(pid: int) -> float:
    """Proportional memory of a process in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def vedette(data: Path, config: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "tui", "--data", str(data), "--config", str(config), *options]


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")
