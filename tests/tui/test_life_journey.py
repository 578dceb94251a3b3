"""The console's life in a real terminal: taken over, handed over, hung up on, stopped, resized - and nothing lost."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]
import pytest

from tests.farm.world import ROOT, Farm, eventually, farm, items, running, settings, status
from tests.tui.test_app_journey import BEFORE, SHOP, Terminal

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm(tmp_path_factory.mktemp("farm") / "farm") as sites:
        sites.steer({"host": SHOP, "body": BEFORE})
        yield sites


@pytest.fixture
def config(tmp_path: Path, served: Farm) -> Path:
    path = tmp_path / "vedette.toml"
    path.write_text(settings(served, [SHOP], "1s").replace("workers = 2", "workers = 1"))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def here(data: Path, config: Path, *options: str, size: tuple[int, int] = (80, 24)) -> Terminal:
    """A console with its own engine that has looked once."""
    terminal = Terminal(data, config, *options, size=size)
    terminal.until(lambda shown: "engine here" in shown and "1 up" in shown, "the header with its verdict")
    return terminal


def whole(data: Path) -> None:
    """The engine ended cleanly: its socket is gone, its lease is free, what it saw is there."""
    assert not (data / "engine.sock").exists()
    assert [each["status"] for each in items(data, "targets")] == ["up"]


def test_an_attached_console_takes_over_an_engine_that_was_killed(data: Path, config: Path) -> None:
    with running(data, config) as engine:
        terminal = Terminal(data, config)
        terminal.until(lambda shown: "attached" in shown, "the header of an attached console")
        engine.kill()
        shown = terminal.until(lambda shown: "has ended" in shown, "the offer to take over")
        assert f"process {engine.process.pid}" in shown
        terminal.child.send("\r")
        terminal.until(lambda shown: "engine here" in shown and "NO ENGINE" not in shown, "its own engine")
        assert status(data)["pid"] == terminal.child.pid
        terminal.child.send("qs")
        assert terminal.left() == 0
    whole(data)


def test_of_two_consoles_one_takes_over_and_the_other_attaches_to_it(data: Path, config: Path) -> None:
    with running(data, config) as engine:
        terminals = [Terminal(data, config) for _ in range(2)]
        for each in terminals:
            each.until(lambda shown: "attached" in shown, "an attached console")
        engine.kill()
        for each in terminals:
            each.until(lambda shown: "has ended" in shown, "the offer to take over")
        for each in terminals:
            each.child.send("\r")
        shown = [each.until(lambda shown: "NO ENGINE" not in shown and "has ended" not in shown, "an engine")
                 for each in terminals]  # fmt: skip
        assert sorted("engine here" in each for each in shown) == [False, True]
        for each in terminals:
            each.child.send("qs")
            assert each.left() == 0


def test_the_watch_is_handed_to_an_engine_without_a_screen(data: Path, config: Path, served: Farm) -> None:
    terminal = here(data, config)
    terminal.child.send("q")
    terminal.until(lambda shown: "keep watching" in shown, "the question")
    terminal.child.send("k")
    assert terminal.left() == 0
    assert "watches on: process" in terminal.raw
    successor = psutil.Process(status(data)["pid"])
    try:
        assert f"process {successor.pid}" in terminal.raw
        assert successor.pid != terminal.child.pid
        seen = served.hits()[SHOP]
        eventually(lambda: served.hits()[SHOP] > seen, "a look of the successor")
        again = Terminal(data, config)
        again.until(lambda shown: "attached" in shown, "a console at the successor")
        again.child.send("q")
        assert again.left() == 0
        assert successor.is_running()
    finally:
        successor.send_signal(signal.SIGTERM)
        successor.wait(20)
    whole(data)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_console_and_engine_without_a_question(data: Path, config: Path, number: signal.Signals) -> None:
    terminal = here(data, config)
    terminal.child.kill(number)
    assert terminal.left() == 0
    whole(data)


def test_a_terminal_that_is_closed_ends_console_and_engine(data: Path, config: Path) -> None:
    terminal = here(data, config, "--slow")
    process = psutil.Process(terminal.child.pid)
    os.close(terminal.child.child_fd)
    eventually(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "its end")
    whole(data)


@pytest.mark.parametrize("ending", ["closed", "SIGTERM", "SIGHUP"])
def test_an_engine_elsewhere_is_left_alone(data: Path, config: Path, ending: str) -> None:
    with running(data, config) as engine:
        terminal = Terminal(data, config)
        terminal.until(lambda shown: "attached" in shown, "an attached console")
        process = psutil.Process(terminal.child.pid)
        if ending == "closed":
            os.close(terminal.child.child_fd)
        else:
            terminal.child.kill(signal.Signals[ending])
        eventually(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "its end")
        assert status(data)["pid"] == engine.process.pid


def test_suspending_is_refused_while_the_engine_lives_here(data: Path, config: Path) -> None:
    terminal = here(data, config)
    for ask in (lambda: terminal.child.send("\x1a"), lambda: terminal.child.kill(signal.SIGTSTP)):
        ask()
        terminal.until(lambda shown: "not suspended" in shown, "the refusal")
    assert psutil.Process(terminal.child.pid).status() != psutil.STATUS_STOPPED
    terminal.child.send("qs")
    assert terminal.left() == 0
    whole(data)


def test_an_attached_console_is_suspended_and_comes_back(data: Path, config: Path) -> None:
    with running(data, config) as engine:
        terminal = Terminal(data, config)
        terminal.until(lambda shown: "attached" in shown, "an attached console")
        process = psutil.Process(terminal.child.pid)
        terminal.child.send("\x1a")
        eventually(lambda: terminal.take() and process.status() == psutil.STATUS_STOPPED, "that it is stopped")
        assert "\x1b[?1049l" in terminal.raw, "the shell gets its screen back"
        terminal.screen.reset()
        terminal.child.kill(signal.SIGCONT)
        terminal.until(lambda shown: "attached" in shown and "1 up" in shown, "the screen again")
        terminal.child.send("q")
        assert terminal.left() == 0
        assert status(data)["pid"] == engine.process.pid


def test_a_storm_of_sizes_ends_in_a_whole_screen(data: Path, config: Path) -> None:
    terminal = here(data, config)
    sizes = [(10, 40), (60, 200), (24, 80), (5, 20), (40, 120), (1, 1), (24, 80)] * 12
    for lines, columns in sizes:
        terminal.child.setwinsize(lines, columns)
        terminal.child.send("2" if columns > 100 else "1")
    terminal.skip()  # nobody saw it, and drawing it takes longer than making it
    terminal.screen.reset()
    terminal.child.setwinsize(30, 100)
    terminal.screen.resize(30, 100)
    terminal.child.send("2")
    terminal.until(lambda shown: "[2 Sites]" in shown and SHOP in shown and "esc" in shown, "a whole screen")
    terminal.child.send("qs")
    assert terminal.left() == 0
    whole(data)


def test_a_console_whose_errors_go_to_a_file_says_so_instead_of_drawing_into_it(data: Path, config: Path) -> None:
    errors = data.parent / "errors"
    command = shlex.join([sys.executable, "-m", "tui", "--data", str(data), "--config", str(config)])
    child = pexpect.spawn("/bin/sh", ["-c", f"{command} 2>{shlex.quote(str(errors))}"], cwd=str(ROOT), timeout=60)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2
    assert "the console needs a terminal" in errors.read_text()
