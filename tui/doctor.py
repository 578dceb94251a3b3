"""What stands between an operator and a good console: the terminal, tmux, the data directory, the engine.

`examine_terminal` is a pure function of what a process knows of its terminal; nothing is asked of the terminal itself,
because half of them answer late or never. What cannot be known from here is advice, not a finding.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from core.errors import VedetteError
from core.operations import SocketOperations, is_served
from core.text import safe
from tui.theme import ANSI, MONO, choose

SMALLEST, COMFORTABLE = (40, 10), (80, 24)
TMUX_LINES = ("set -s set-clipboard on", "set -as terminal-features ',*:clipboard'")
LEAST_FREE = 500_000_000
_TMUX_WAIT = 2.0


class Weight(StrEnum):
    """How much it matters: `trouble` is what the doctor found and ends with 1; the others end with 0."""

    GOOD = "good"
    ADVICE = "advice"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` are lines to type or to put into a file, as they are."""

    topic: str
    weight: Weight
    words: str
    remedy: tuple[str, ...] = ()


def examine_terminal(
    environ: Mapping[str, str],
    isatty: bool,
    size: tuple[int, int],
    encoding: str,
    tmux: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Everything about the terminal: `size` is columns and lines, `encoding` that of standard output.

    `tmux` are the server's options as `tmux_options` reads them, None where they are not known.
    """
    if not isatty:
        words = "standard input and output are no terminal; the console needs one, `vedette run` does not"
        return [Finding("terminal", Weight.TROUBLE, words)]
    return [
        _term(environ),
        _size(size),
        _characters(encoding),
        *_colours(environ),
        *_clipboard(environ, tmux),
        *_distance(environ),
    ]


def _term(environ: Mapping[str, str]) -> Finding:
    term = environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        words = f"TERM is {term or 'not set'}: the terminal is said to do nothing"
        return Finding("terminal", Weight.TROUBLE, words, ("export TERM=xterm-256color",))
    if environ.get("TMUX") and not term.startswith(("tmux", "screen")):
        words = f"TERM is {safe(term, 40)} inside tmux, which is the terminal here"
        return Finding("terminal", Weight.TROUBLE, words, ("set -g default-terminal tmux-256color",))
    return Finding("terminal", Weight.GOOD, f"TERM is {safe(term, 40)}")


def _size(size: tuple[int, int]) -> Finding:
    columns, lines = size
    words = f"{columns}x{lines}"
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        return Finding("size", Weight.TROUBLE, f"{words}: below 40x10 there is room for one line of counts only")
    if columns < COMFORTABLE[0] or lines < COMFORTABLE[1]:
        return Finding("size", Weight.ADVICE, f"{words}: lists without details; from 80x24 on there are both")
    return Finding("size", Weight.GOOD, words)


def _characters(encoding: str) -> Finding:
    if encoding.lower().replace("-", "").replace("_", "") == "utf8":
        return Finding("characters", Weight.GOOD, "UTF-8")
    words = f"output is encoded as {safe(encoding, 40) or 'nothing known'}, which has no glyphs and no lines"
    return Finding("characters", Weight.TROUBLE, words, ("export LC_ALL=C.UTF-8", "vedette --ascii"))


def _colours(environ: Mapping[str, str]) -> list[Finding]:
    theme = choose(environ)
    if environ.get("NO_COLOR"):
        return [Finding("colours", Weight.GOOD, f"none, because NO_COLOR is set: theme {MONO}")]
    if theme == ANSI:
        term = environ.get("TERM", "")
        if term == "linux" or term.startswith("screen"):
            return [Finding("colours", Weight.GOOD, f"sixteen are certain with TERM={safe(term, 40)}: theme {ANSI}")]
        words = f"sixteen, because COLORTERM does not say truecolor: theme {ANSI}. If the terminal has more:"
        return [Finding("colours", Weight.ADVICE, words, ("export COLORTERM=truecolor", "vedette --theme dark"))]
    return [Finding("colours", Weight.GOOD, f"24-bit: theme {theme}")]


def _clipboard(environ: Mapping[str, str], tmux: Mapping[str, str] | None) -> list[Finding]:
    file = "copies are also in $XDG_STATE_HOME/vedette/clip.txt"
    if environ.get("TMUX"):
        return [_tmux_clipboard(tmux)]
    if environ.get("TERM", "").startswith("screen"):
        return [Finding("clipboard", Weight.ADVICE, f"GNU screen keeps OSC 52 to itself; {file}")]
    if environ.get("TERM") == "linux":
        return [Finding("clipboard", Weight.ADVICE, f"the Linux console has none; {file}")]
    if environ.get("VTE_VERSION"):
        return [Finding("clipboard", Weight.ADVICE, f"terminals of the VTE family do not take OSC 52; {file}")]
    return [Finding("clipboard", Weight.GOOD, f"by OSC 52, where the terminal allows it; {file}")]


def _tmux_clipboard(tmux: Mapping[str, str] | None) -> Finding:
    if tmux is None:
        words = "tmux hands copies on only with these two lines in ~/.tmux.conf"
        return Finding("clipboard", Weight.ADVICE, words, TMUX_LINES)
    missing = []
    if tmux.get("set-clipboard") != "on":
        missing.append(TMUX_LINES[0])
    if "clipboard" not in tmux.get("terminal-features", ""):
        missing.append(TMUX_LINES[1])
    if not missing:
        return Finding("clipboard", Weight.GOOD, "tmux hands OSC 52 on")
    return Finding("clipboard", Weight.TROUBLE, "tmux keeps copies to itself; put into ~/.tmux.conf:", tuple(missing))


def _distance(environ: Mapping[str, str]) -> list[Finding]:
    if not environ.get("SSH_CONNECTION") and not environ.get("SSH_TTY"):
        return []
    words = "over SSH; on a slow line fewer colours and fewer frames help"
    return [Finding("line", Weight.ADVICE, words, ("vedette --slow",))]


_OPTION = re.compile(r"^(?P<name>[a-z-]+)(?:\[\d+\])? (?P<value>.*)$")


def tmux_options(environ: Mapping[str, str]) -> dict[str, str] | None:
    """The options of the tmux server around us; None outside tmux, or where it does not answer."""
    program = shutil.which("tmux", path=environ.get("PATH"))
    if not environ.get("TMUX") or program is None:
        return None
    try:
        shown = subprocess.run(
            [program, "show-options", "-s"],
            capture_output=True,
            env=dict(environ),
            timeout=_TMUX_WAIT,
            check=True,
            text=True,
            errors="replace",
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return read_tmux_options(shown)


def read_tmux_options(shown: str) -> dict[str, str]:
    """`name value` and `name[0] value` lines; the elements of an array are joined with commas."""
    options: dict[str, str] = {}
    for line in shown.splitlines():
        match = _OPTION.match(line)
        if match:
            before = options.get(match["name"])
            value = match["value"].strip('"')
            options[match["name"]] = f"{before},{value}" if before else value
    return options


# -- the data directory and the engine


def examine_directory(directory: Path) -> list[Finding]:
    """Whether the data directory is there, private, and on a file system with room."""
    topic, shown = "data", safe(str(directory), 200)
    try:
        mode = directory.stat().st_mode
        free = shutil.disk_usage(directory).free
    except FileNotFoundError:
        return [Finding(topic, Weight.ADVICE, f"{shown} does not exist yet; `vedette` makes it")]
    except OSError as error:
        return [Finding(topic, Weight.TROUBLE, f"{shown}: {safe(error.strerror or str(error))}")]
    if not stat.S_ISDIR(mode):
        return [Finding(topic, Weight.TROUBLE, f"{shown} is no directory")]
    found = []
    if stat.S_IMODE(mode) & 0o077:
        words = f"{shown} can be read by others (mode {stat.S_IMODE(mode):o})"
        found.append(Finding(topic, Weight.TROUBLE, words, (f"chmod 700 '{shown}'",)))
    if free < LEAST_FREE:
        found.append(Finding(topic, Weight.TROUBLE, f"{shown} has {free // 1_000_000} MB left"))
    return found or [Finding(topic, Weight.GOOD, f"{shown}, private, {free / 1e9:.1f} GB free")]


async def examine_engine(directory: Path) -> list[Finding]:
    """Whether an engine answers on the data directory's socket, and what troubles it."""
    try:
        if not is_served(directory):
            return [Finding("engine", Weight.GOOD, "none runs; `vedette` starts one in its own process")]
        status = await SocketOperations(directory).status()
    except (VedetteError, OSError) as error:
        return [Finding("engine", Weight.TROUBLE, safe(str(error)))]
    words = f"version {safe(status.version, 20)} answers, process {status.pid}, {status.targets} targets"
    found = [Finding("engine", Weight.GOOD, words)]
    return found + [Finding("engine", Weight.TROUBLE, safe(each)) for each in status.trouble]


def ends_with(findings: Sequence[Finding]) -> int:
    """The exit code: 1 when something was found."""
    return 1 if any(each.weight is Weight.TROUBLE for each in findings) else 0


_SIGNS = {Weight.GOOD: "ok", Weight.ADVICE: "note", Weight.TROUBLE: "FAIL"}


def lines(findings: Sequence[Finding]) -> list[str]:
    """What is printed: a word, the topic, what is so, and below it what to do; nothing but ASCII is relied on."""
    printed = []
    for each in findings:
        printed.append(f"{_SIGNS[each.weight]:<5}{each.topic:<11}{each.words}")
        printed += [f"{'':16}{line}" for line in each.remedy]
    return printed


def as_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """The items of `doctor -o json`."""
    return [
        {"topic": each.topic, "weight": each.weight.value, "message": each.words, "remedy": list(each.remedy)}
        for each in findings
    ]


async def examine_all(directory: Path, environ: Mapping[str, str], output: TextIO) -> list[Finding]:
    """Everything, with what this process knows of the terminal that `output` is."""
    size = shutil.get_terminal_size()
    terminal = examine_terminal(
        environ, output.isatty(), (size.columns, size.lines), output.encoding or "", tmux_options(environ)
    )
    return [*terminal, *examine_directory(directory), *await examine_engine(directory)]


def diagnose(directory: Path, environ: Mapping[str, str], output: TextIO) -> tuple[list[dict[str, object]], list[str]]:
    """What `core.cli.doctor` prints, as JSON items and as lines: the examiner that the entry point gives it."""
    findings = asyncio.run(examine_all(directory, environ, output))
    return as_json(findings), lines(findings)
