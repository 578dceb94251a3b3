"""The doctor says what is wrong with a terminal and with the place, and ends with 1 only when something is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.doctor import (
    TMUX_LINES,
    Finding,
    Weight,
    as_json,
    ends_with,
    examine_directory,
    examine_engine,
    examine_terminal,
    lines,
    read_tmux_options,
    tmux_options,
)

GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
TMUX = {"TERM": "tmux-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/tmux-0/default,1,0"}


def examined(
    environ: dict[str, str], *, size: tuple[int, int] = (120, 40), encoding: str = "utf-8", isatty: bool = True
) -> dict[str, Finding]:
    return {each.topic: each for each in examine_terminal(environ, isatty, size, encoding)}


def test_a_good_terminal_has_nothing_wrong() -> None:
    findings = examine_terminal(GOOD, True, (120, 40), "UTF-8")
    assert {each.weight for each in findings} == {Weight.GOOD}
    assert ends_with(findings) == 0


def test_no_terminal_is_the_only_finding() -> None:
    findings = examine_terminal(GOOD, False, (0, 0), "utf-8")
    assert [each.topic for each in findings] == ["terminal"]
    assert ends_with(findings) == 1


@pytest.mark.parametrize(
    ("environ", "topic", "weight", "said"),
    [
        ({"COLORTERM": "truecolor"}, "terminal", Weight.TROUBLE, "not set"),
        ({**GOOD, "TERM": "dumb"}, "terminal", Weight.TROUBLE, "dumb"),
        ({**TMUX, "TERM": "xterm-256color"}, "terminal", Weight.TROUBLE, "inside tmux"),
        ({**GOOD, "NO_COLOR": "1"}, "colours", Weight.GOOD, "NO_COLOR"),
        ({"TERM": "xterm-256color"}, "colours", Weight.ADVICE, "COLORTERM"),
        ({"TERM": "linux"}, "colours", Weight.GOOD, "sixteen"),
        ({"TERM": "linux"}, "clipboard", Weight.ADVICE, "clip.txt"),
        ({"TERM": "screen"}, "clipboard", Weight.ADVICE, "screen"),
        ({**GOOD, "VTE_VERSION": "7600"}, "clipboard", Weight.ADVICE, "VTE"),
        (TMUX, "clipboard", Weight.ADVICE, "tmux"),
        ({**GOOD, "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "line", Weight.ADVICE, "SSH"),
    ],
)
def test_what_the_environment_tells(environ: dict[str, str], topic: str, weight: Weight, said: str) -> None:
    finding = examined(environ)[topic]
    assert finding.weight is weight
    assert said in finding.words


@pytest.mark.parametrize(
    ("size", "weight"),
    [((200, 60), Weight.GOOD), ((80, 24), Weight.GOOD), ((79, 24), Weight.ADVICE), ((39, 24), Weight.TROUBLE),
     ((80, 9), Weight.TROUBLE), ((40, 10), Weight.ADVICE)],
)  # fmt: skip
def test_the_size_is_judged_by_the_layouts(size: tuple[int, int], weight: Weight) -> None:
    assert examined(GOOD, size=size)["size"].weight is weight


@pytest.mark.parametrize(
    ("encoding", "weight"),
    [("utf-8", Weight.GOOD), ("UTF8", Weight.GOOD), ("ANSI_X3.4-1968", Weight.TROUBLE), ("", Weight.TROUBLE)],
)
def test_anything_but_utf_8_is_told_with_the_way_out(encoding: str, weight: Weight) -> None:
    finding = examined(GOOD, encoding=encoding)["characters"]
    assert finding.weight is weight
    assert ("vedette --ascii" in finding.remedy) == (weight is Weight.TROUBLE)


def test_tmux_lines_are_printed_as_they_must_be_typed() -> None:
    assert TMUX_LINES == ("set -s set-clipboard on", "set -as terminal-features ',*:clipboard'")
    printed = lines(examine_terminal(TMUX, True, (80, 24), "utf-8"))
    assert {line.strip() for line in printed} >= set(TMUX_LINES)


@pytest.mark.parametrize(
    ("options", "weight", "missing"),
    [
        ({"set-clipboard": "on", "terminal-features": "xterm*:clipboard:title"}, Weight.GOOD, 0),
        ({"set-clipboard": "external", "terminal-features": "xterm*:clipboard"}, Weight.TROUBLE, 1),
        ({"set-clipboard": "off"}, Weight.TROUBLE, 2),
    ],
)
def test_only_the_lines_that_tmux_lacks_are_asked_for(options: dict[str, str], weight: Weight, missing: int) -> None:
    findings = examine_terminal(TMUX, True, (80, 24), "utf-8", options)
    clipboard = next(each for each in findings if each.topic == "clipboard")
    assert (clipboard.weight, len(clipboard.remedy)) == (weight, missing)


def test_options_of_tmux_are_read_with_their_arrays() -> None:
    shown = 'set-clipboard external\nterminal-features[0] xterm*:clipboard\nterminal-features[1] "screen*:title"\n\n'
    assert read_tmux_options(shown) == {
        "set-clipboard": "external",
        "terminal-features": "xterm*:clipboard,screen*:title",
    }


def test_outside_tmux_there_are_no_options() -> None:
    assert tmux_options({"PATH": os.environ["PATH"]}) is None


def test_a_tmux_that_is_gone_has_no_options(tmp_path: Path) -> None:
    assert tmux_options({"PATH": os.environ["PATH"], "TMUX": f"{tmp_path}/none,1,0"}) is None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("tmux is not installed")
    path = tmp_path / "socket"
    tmux = [program, "-S", str(path), "-f", "/dev/null"]
    subprocess.run([*tmux, "new-session", "-d", "sleep 60"], check=True, env={**os.environ, "TERM": "xterm"})
    yield path
    subprocess.run([*tmux, "kill-server"], check=False)


@pytest.mark.component("tmux")
def test_the_doctors_lines_cure_a_real_tmux(server: Path) -> None:
    environ = {**os.environ, **TMUX, "TMUX": f"{server},1,0"}
    for line in TMUX_LINES:
        subprocess.run(["tmux", "-S", str(server), *line.replace("'", "").split()], check=True)
    findings = examine_terminal(TMUX, True, (80, 24), "utf-8", tmux_options(environ))
    assert next(each for each in findings if each.topic == "clipboard").weight is Weight.GOOD


def test_hostile_environments_cannot_steer_the_terminal() -> None:
    evil = {**GOOD, "TERM": "x\x1b]52;c;QQ==\x07", "VTE_VERSION": "\x1b"}
    assert not any(
        "\x1b" in line or "\x07" in line for line in lines(examine_terminal(evil, True, (80, 24), "\x1b[2J"))
    )


# -- the place


def test_a_private_directory_with_room_is_good(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    findings = examine_directory(tmp_path)
    assert [each.weight for each in findings if "left" not in each.words] == [Weight.GOOD]


def test_a_directory_that_others_can_read_is_told_with_the_cure(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    finding = examine_directory(tmp_path)[0]
    assert finding.weight is Weight.TROUBLE
    assert finding.remedy == (f"chmod 700 '{tmp_path}'",)


def test_a_directory_that_is_not_there_yet_is_no_trouble(tmp_path: Path) -> None:
    assert examine_directory(tmp_path / "none")[0].weight is Weight.ADVICE


def test_a_file_in_its_place_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("")
    assert examine_directory(path)[0].weight is Weight.TROUBLE
    assert examine_directory(path / "below")[0].weight is Weight.TROUBLE


async def test_no_engine_is_no_trouble(tmp_path: Path) -> None:
    assert [each.weight for each in await examine_engine(tmp_path)] == [Weight.GOOD]


async def test_an_engine_that_is_dead_behind_its_socket_is_trouble(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "engine.sock"))
    findings = await examine_engine(tmp_path)
    assert [each.weight for each in findings] == [Weight.TROUBLE]
    assert ends_with(findings) == 1


def test_findings_are_json_for_programs() -> None:
    assert as_json([Finding("size", Weight.GOOD, "80x24")]) == [
        {"topic": "size", "weight": "good", "message": "80x24", "remedy": []}
    ]
