"""`vedette demo --headless` as a process: every scene is told, the noise is not, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from core.cli.main import main
from core.demo.script import SCENES
from core.demo.sites import NOISY, SITES

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
ENDS = (0, 1)
SECONDS = 45
FIRST_TOLD = 20.0


@dataclass
class Demo:
    """A running demo that has a temporary directory of its own."""

    process: subprocess.Popen[str]
    temporary: Path

    def family(self) -> list[psutil.Process]:
        """The demo and every process it started."""
        demo = psutil.Process(self.process.pid)
        return [demo, *demo.children(recursive=True)]

    def lines_until(self, word: str) -> list[str]:
        """What it prints up to the first line with the word."""
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if word in line:
                return lines
        raise AssertionError(f"'{word}' was never said: {lines}")

    def folders(self) -> list[Path]:
        return sorted(self.temporary.iterdir())


@contextmanager
def demo(*arguments: str) -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="v") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tui", "demo", "--headless", *arguments],
            cwd=ROOT, env={**os.environ, "TMPDIR": folder}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield Demo(process, Path(folder))
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()


def eventually(so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < until, what
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "not in this version"),
        (("--headless", "--for", "soon"), "no duration"),
        (("--headless", "--for", "1s"), "5 s"),
    ],
)
def test_what_it_cannot_do_is_said(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *arguments]) == 2
    assert said in capsys.readouterr().err


def check_nothing_left(demo: Demo, family: list[psutil.Process]) -> None:
    eventually(lambda: not any(_lives(each) for each in family), "a process outlived the demo")
    eventually(lambda: demo.folders() == [], f"left behind: {demo.folders()}")


def _lives(process: psutil.Process) -> bool:
    """A zombie whose parent is gone waits for whoever adopts it, and is dead all the same."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_every_scene_is_told_and_the_noise_is_not() -> None:
    with demo("--for", f"{SECONDS}s", "-o", "json") as running:
        eventually(lambda: len(running.family()) >= 3, "the world and a worker are processes of their own")
        family = running.family()
        (folder,) = running.folders()
        assert folder.stat().st_mode & 0o777 == 0o700
        out, err = running.process.communicate(timeout=SECONDS + 2 * PATIENCE)
        check_nothing_left(running, family)
    assert (running.process.returncode, err) == (0, "")
    said = json.loads(out)
    due = [scene for scene in SCENES if scene.at + scene.within <= said["seconds"]]
    assert len(due) >= 5
    told = {(each["at"], each["site"]): each for each in said["scenes"]}
    for scene in due:
        found = told[scene.at, scene.site]
        assert found["change"], found
        assert found["alert"], found
        assert found["after"].keys() == {"mail", "hook"}, found
    assert said["missed"] == said["false_alarms"] == []
    check_only_the_script_alarmed(said)


def check_only_the_script_alarmed(said: dict[str, object]) -> None:
    """Each site was looked at again and again; nothing was said of the noisy and the calm ones."""
    looks, changes, alerts = said["looks"], said["changes"], said["alerts"]
    assert isinstance(looks, dict)
    assert isinstance(changes, list)
    assert isinstance(alerts, list)
    assert looks.keys() == {site.name for site in SITES}
    assert min(looks.values()) >= 5
    scripted = {scene.site for scene in SCENES}
    assert {each["target"] for each in changes if each["state"] == "confirmed"} <= scripted
    assert {each["target"] for each in alerts} <= scripted
    assert scripted.isdisjoint(NOISY)


def test_the_first_change_is_told_soon_and_in_lines_of_80_columns() -> None:
    with demo("--for", f"{FIRST_TOLD:g}s") as running:
        out, err = running.process.communicate(timeout=FIRST_TOLD + 2 * PATIENCE)
    assert (running.process.returncode, err) == (0, "")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    said = [line.split(maxsplit=2)[1:] for line in lines if line[:6].strip().count(":") == 1]
    first = [what for what, words in said if "shop" in words]
    assert sorted(dict.fromkeys(first), key=first.index)[:3] == ["happens", "change", "alert"]
    assert {"mail", "hook"} <= set(first)
    assert lines[-1] == "0 false alarms"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_in_the_middle_ends_it_with_a_summary_and_nothing_left(number: signal.Signals) -> None:
    with demo("--for", "60s") as running:
        running.lines_until("happens")
        family = running.family()
        running.process.send_signal(number)
        out, err = running.process.communicate(timeout=PATIENCE)
        check_nothing_left(running, family)
    assert running.process.returncode in ENDS, "a scene that had only just begun may count as missed"
    assert err == ""
    assert out.splitlines()[-1] == "0 false alarms"


def test_a_reader_that_leaves_ends_it_and_leaves_nothing() -> None:
    with demo("--for", "60s") as running:
        running.lines_until("happens")
        family = running.family()
        assert running.process.stdout is not None
        running.process.stdout.close()
        assert running.process.wait(PATIENCE) in ENDS
        assert running.process.stderr is not None
        assert running.process.stderr.read() == ""
        check_nothing_left(running, family)


def test_a_world_that_ends_by_itself_is_said_and_leaves_nothing() -> None:
    with demo("--for", "60s") as running:
        running.lines_until("happens")
        family = running.family()
        next(each for each in family if "core.demo.server" in each.cmdline()).kill()
        _, err = running.process.communicate(timeout=PATIENCE)
        check_nothing_left(running, family)
    assert (running.process.returncode, err) == (2, "vedette: the demo's world ended before the demo did\n")


def test_not_even_a_killed_demo_leaves_anything() -> None:
    with demo("--for", "60s") as running:
        running.lines_until("happens")
        family = running.family()
        running.process.kill()
        running.process.communicate()
        check_nothing_left(running, family)
