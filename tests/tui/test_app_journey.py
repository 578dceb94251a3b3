"""The console in a real terminal, with its own engine, before sites that really change: seen, acknowledged, left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.farm.world import ROOT, Farm, farm, items, receiver, running, settings

SHOP = "shop.test"
BEFORE = (
    "<!doctype html><html lang=en><head><title>Harbour shop</title></head><body><h1>Rope and sail</h1></body></html>"
)
AFTER = BEFORE.replace("Harbour shop", "Harbour \x1b]0;owned\x07store")
RULES = """
[[channel]]
name = "hook"
type = "webhook"
url = "{hook}/"
allow_private = true

[[rule]]
name = "Shop"
when = "severity>=info"
notify = ["hook"]
"""
_PRIVATE = re.compile(r"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\[\?[0-9;]*u")
PATIENCE = 80.0
pytestmark = pytest.mark.timeout(300)  # a busy machine needs its time, a good one does not take it


class Terminal:
    """A console in a pty, and what a terminal shows of it."""

    def __init__(
        self,
        data: Path,
        config: Path,
        *options: str,
        size: tuple[int, int] = (80, 24),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        columns, lines = size
        words = ["-m", "tui", "--data", str(data), "--config", str(config), *options]
        home = {name: str(data.parent / name) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
        given = {**os.environ, **home, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environ or {})}
        for name in ("NO_COLOR", "COLUMNS", "LINES"):  # pytest-xdist says how wide its own terminal is
            given.pop(name, None)
        self.child = pexpect.spawn(
            sys.executable, words, cwd=str(ROOT), env=given, dimensions=(lines, columns), encoding="utf-8"
        )
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.Stream(self.screen)
        self.raw = ""

    def take(self) -> str:
        """What stands on the screen now."""
        try:
            said = self.child.read_nonblocking(65536, 0.2)
        except (pexpect.TIMEOUT, pexpect.EOF):
            said = ""
        self.raw += said
        self.stream.feed(_PRIVATE.sub("", said))
        return "\n".join(self.screen.display)

    def skip(self) -> None:
        """Read what has been sent so far without drawing it."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self.raw += self.child.read_nonblocking(65536, 0.2)

    def until(self, holds: Callable[[str], bool], what: str, key: str = "") -> str:
        """The first screen for which it holds; `key` is pressed again and again until then."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if key:
                self.child.send(key)
            shown = self.take()
            if holds(shown):
                return shown
        raise AssertionError(f"never: {what}\n{shown}")

    def left(self) -> int | None:
        """Its exit code, once it has ended."""
        ends = time.monotonic() + PATIENCE
        while self.child.isalive() and time.monotonic() < ends:
            self.take()
        self.child.close(force=True)
        return self.child.exitstatus


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Farm, str]]:
    folder = tmp_path_factory.mktemp("farm")
    with farm(folder / "farm") as sites, receiver(folder / "hook.log") as hook:
        yield sites, hook


@pytest.fixture
def config(tmp_path: Path, served: tuple[Farm, str]) -> Path:
    sites, hook = served
    sites.steer({"host": SHOP, "body": BEFORE})
    path = tmp_path / "vedette.toml"
    path.write_text(settings(sites, [SHOP], "2s", more=RULES.format(hook=hook)).replace("workers = 2", "workers = 1"))
    return path


def test_a_change_is_seen_its_alert_acknowledged_and_the_console_left(
    tmp_path: Path, config: Path, served: tuple[Farm, str]
) -> None:
    terminal = Terminal(tmp_path / "data", config)
    terminal.until(lambda shown: "engine here" in shown and "1 up" in shown, "the header with its verdict")
    served[0].steer({"host": SHOP, "body": AFTER})
    terminal.until(lambda shown: "title" in shown and "1 unacked" in shown, "the change and its alert")
    terminal.child.send("4")
    terminal.until(lambda shown: "[Firing 1]" in shown, "the alert among those that fire")
    terminal.child.send("a")
    terminal.until(lambda shown: "Acked 1" in shown, "the alert acknowledged")
    terminal.child.send("q")
    terminal.until(lambda shown: "stop watching" in shown, "the question what becomes of the watch")
    terminal.child.send("s")
    assert terminal.left() == 0
    assert "owned\x07" not in terminal.raw, "a page must not speak to the terminal"
    assert [each["state"] for each in items(tmp_path / "data", "alerts")] == ["acknowledged"]


def test_at_an_engine_that_watches_already_it_attaches_and_says_when_that_is_gone(tmp_path: Path, config: Path) -> None:
    with running(tmp_path / "data", config) as engine:
        terminal = Terminal(tmp_path / "data", config, "--readonly", "--theme", "mono", "--no-mouse", "--slow")
        terminal.until(lambda shown: "attached" in shown and "read-only" in shown, "the header of an attached console")
        engine.kill()
        terminal.until(lambda shown: "NO ENGINE" in shown, "that the engine is gone", key="\x12")
        terminal.child.send("q")
        assert terminal.left() == 0


def test_a_terminal_that_hangs_up_ends_console_and_engine(tmp_path: Path, config: Path) -> None:
    terminal = Terminal(tmp_path / "data", config, "--ascii")
    terminal.until(lambda shown: "engine here" in shown, "the header")
    terminal.child.kill(signal.SIGHUP)
    assert terminal.left() == 0
    assert not (tmp_path / "data" / "engine.sock").exists()
