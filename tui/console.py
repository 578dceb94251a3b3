"""Opens the console on a data directory: with an engine of its own, or at the one that already watches there."""

from __future__ import annotations

import asyncio
import getpass
import os
import subprocess
import sys
import time
from asyncio import SelectorEventLoop
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.clock import monotonic, now
from core.engine.service import EngineThread, is_free, leave_at_latest, wish_to_stop
from core.errors import LeaseHeldError, StoreError, VedetteError
from core.model.people import Actor
from core.operations import SocketOperations, is_served
from core.text import safe
from core.view import View
from tui.collector import Collector
from tui.options import Options
from tui.theme import choose, user_folder

LEAVE_WITHIN = 4.0
SERVED_WITHIN = 10.0
PATIENCE = 20.0


class _Engine:
    """The engine that the console talks to: its own thread, unless another process holds the lease."""

    def __init__(self, data: Path, settings: Path | None, environ: Mapping[str, str]) -> None:
        self._data = data
        self._settings = settings
        self._environ = environ
        self._thread: EngineThread | None = None

    @property
    def here(self) -> bool:
        return self._thread is not None

    def begin(self) -> str:
        """See tui.options.Life."""
        thread = EngineThread(self._data, self._settings, self._environ)
        try:
            thread.start()
        except LeaseHeldError:
            if not self._is_served_soon():
                raise
            return self.attach()
        self._thread = thread
        return "engine here"

    def _is_served_soon(self) -> bool:
        """An engine that starts has the lease before it has the socket."""
        ends = monotonic() + SERVED_WITHIN
        while not is_served(self._data) and monotonic() < ends:
            time.sleep(0.1)
        return is_served(self._data)

    def attach(self) -> str:
        self._thread = None
        return "attached"

    def ended(self) -> str:
        """Why the engine of this process is gone; empty while it is there."""
        if self._thread is None or not self._thread.ended(0):
            return ""
        failure = self._thread.failure
        return f"the engine here has ended: {safe(str(failure) or type(failure).__name__, 160)}" if failure else (
            "the engine here has ended")  # fmt: skip

    def is_free(self) -> bool:
        return is_free(self._data)

    def hand_over(self) -> str:
        """Start `vedette run` beside this engine, wait until it has everything but the lease, and let that go."""
        log = self._data / "logs" / "run.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = log.stat().st_size if log.exists() else 0
        config = () if self._settings is None else ("--config", str(self._settings))
        command = [sys.executable, "-P", "-m", "tui", "run", "--quiet", "--patience", str(PATIENCE),
                   "--data", str(self._data), *config]  # fmt: skip
        with log.open("ab") as output:
            successor = subprocess.Popen(
                command, env=dict(self._environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        _heard(successor, log, begun, '"waiting"')
        self.stop()
        _heard(successor, log, begun, '"ready"')
        return f"`vedette run` watches on: process {successor.pid}, log {log}; `vedette` attaches to it"

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.ask_to_stop()
            self._thread.ended(LEAVE_WITHIN)

    def clear_away(self) -> None:
        if self._thread is not None:
            self._thread.clear_away()


def _heard(successor: subprocess.Popen[bytes], log: Path, begun: int, word: str) -> None:
    """Wait until it has written the word behind `begun`; StoreError with its last line when it does not come."""
    ends = monotonic() + PATIENCE
    while monotonic() < ends:
        said = log.read_bytes()[begun:].decode("utf-8", "replace")
        if word in said:
            return
        if successor.poll() is not None:
            break
        time.sleep(0.02)
    successor.terminate()
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    raise StoreError(f"`vedette run` did not take over: {safe(last[0], 200)}")


def open_console(
    data: Path, settings: Callable[[], Path | None], environ: Mapping[str, str], flags: Sequence[str], theme: str
) -> int:
    """Run until somebody leaves; the exit code. VedetteError when there is no terminal or no engine can be had."""
    if not all(each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)):  # Textual draws on the last of them
        raise VedetteError("the console needs a terminal; `vedette run` watches without one, `vedette --help` has more")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # a key waits half a frame for its paint on average, and a beat paints three times however many frames there are
    os.environ.setdefault("TEXTUAL_FPS", "15" if "slow" in flags else "120")
    # Textual reads its environment when it is imported
    from tui.app import ConsoleApp, terminal_gone  # noqa: PLC0415
    from tui.figures import MeteredSelector  # noqa: PLC0415

    engine = _Engine(data, settings(), environ)
    collector = Collector(monotonic())
    collector.take_over()
    with wish_to_stop() as wish:
        options = Options(
            actor=Actor(_login(), _origin(environ)), readonly="readonly" in flags, slow="slow" in flags,
            plain="ascii" in flags, environ=environ, exports=Path.cwd(), themes=(user_folder(environ),),
            life=engine, keeps="demo" not in flags, wish=wish, gone=lambda: terminal_gone(0),
            collector=collector,
        )  # fmt: skip
        app = ConsoleApp(View(data), SocketOperations(data), now, choose(environ, theme), options)
        leave_at_latest(LEAVE_WITHIN, wish, engine.clear_away)
        try:
            with asyncio.Runner(
                loop_factory=lambda: SelectorEventLoop(MeteredSelector(app.meter, monotonic))
            ) as runner:
                runner.run(app.run_async(mouse="no-mouse" not in flags))
        finally:
            engine.stop()
    if app.failure is not None:
        raise app.failure if isinstance(app.failure, VedetteError) else StoreError(safe(str(app.failure), 300))
    if app.lifeline.parting:
        sys.stdout.write(f"{app.lifeline.parting}\n")
    return app.return_code or 0


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _origin(environ: Mapping[str, str]) -> str:
    client = environ.get("SSH_CONNECTION", "").split(" ")[0]
    return f"console from {client}" if client else "console"
