"""Opens the console on a data directory: with an engine of its own, or at the one that already watches there."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from asyncio import SelectorEventLoop
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.clock import monotonic, now
from core.engine.service import EngineThread, leave_at_latest, wish_to_stop
from core.errors import LeaseHeldError, StoreError, VedetteError
from core.model.people import Actor
from core.operations import SocketOperations, is_served
from core.text import safe
from core.view import View
from tui.options import Options
from tui.theme import choose, user_folder

LEAVE_WITHIN = 4.0


class _Engine:
    """The engine that the console talks to: its own thread, unless another process holds the lease."""

    def __init__(self, data: Path, settings: Path | None, environ: Mapping[str, str]) -> None:
        self._data = data
        self.thread = EngineThread(data, settings, environ)
        self._own = True

    def begin(self) -> str:
        try:
            self.thread.start()
        except LeaseHeldError:
            if not is_served(self._data):
                raise
            self._own = False
            return "attached"
        return "engine here"

    def ended(self) -> str:
        """Why the engine of this process is gone; empty while it is there."""
        if not self._own or not self.thread.ended(0):
            return ""
        failure = self.thread.failure
        return f"the engine here has ended: {safe(str(failure) or type(failure).__name__, 160)}" if failure else (
            "the engine here has ended")  # fmt: skip

    def stop(self) -> None:
        if self._own:
            self.thread.ask_to_stop()
            self.thread.ended(LEAVE_WITHIN)


def open_console(
    data: Path, settings: Callable[[], Path | None], environ: Mapping[str, str], flags: Sequence[str], theme: str
) -> int:
    """Run until somebody leaves; the exit code. VedetteError when there is no terminal or no engine can be had."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise VedetteError("the console needs a terminal; `vedette run` watches without one, `vedette --help` has more")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    if "slow" in flags:
        os.environ.setdefault("TEXTUAL_FPS", "15")
    # Textual reads its environment when it is imported
    from tui.app import ConsoleApp, terminal_gone  # noqa: PLC0415
    from tui.figures import MeteredSelector  # noqa: PLC0415

    engine = _Engine(data, settings(), environ)
    with wish_to_stop() as wish:
        options = Options(
            actor=Actor(_login(), _origin(environ)), readonly="readonly" in flags, slow="slow" in flags,
            plain="ascii" in flags, environ=environ, exports=Path.cwd(), themes=(user_folder(environ),),
            begin=engine.begin, ended=engine.ended, wish=wish, gone=lambda: terminal_gone(0),
        )  # fmt: skip
        app = ConsoleApp(View(data), SocketOperations(data), now, choose(environ, theme), options)
        leave_at_latest(LEAVE_WITHIN, wish, engine.thread)
        try:
            with asyncio.Runner(
                loop_factory=lambda: SelectorEventLoop(MeteredSelector(app.meter, monotonic))
            ) as runner:
                runner.run(app.run_async(mouse="no-mouse" not in flags))
        finally:
            engine.stop()
    if app.failure is not None:
        raise app.failure if isinstance(app.failure, VedetteError) else StoreError(safe(str(app.failure), 300))
    return app.return_code or 0


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _origin(environ: Mapping[str, str]) -> str:
    client = environ.get("SSH_CONNECTION", "").split(" ")[0]
    return f"console from {client}" if client else "console"
