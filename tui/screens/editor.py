"""What the settings file declares is edited there: the editor at its line, and then what `check-config` says of it."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from core.errors import NotFoundError, VedetteError
from core.settings.lines import line_of
from tui import wording

if TYPE_CHECKING:
    from tui.app import ConsoleApp

TAKES_A_LINE = ("vi", "vim", "nvim", "view", "nano", "pico", "emacs", "emacsclient", "micro", "joe", "jed", "mg", "ne",
                "kak", "ed")  # fmt: skip
FALLBACK = "vi"


def editor_command(environ: Mapping[str, str], path: Path, line: int) -> list[str]:
    """The person's own editor as a list of words, at the line where it is known to take one; never a shell's text."""
    chosen = environ.get("VISUAL") or environ.get("EDITOR") or FALLBACK
    try:
        words = shlex.split(chosen) or [FALLBACK]
    except ValueError:
        raise VedetteError(f"$EDITOR cannot be understood: {chosen}") from None
    at = [f"+{line}"] if Path(words[0]).name in TAKES_A_LINE else []
    return [*words, *at, str(path)]


async def edit_declared(console: ConsoleApp, kind: str, name: str) -> None:
    """Open the settings file where `name` is declared, and say afterwards what is wrong or odd in it."""
    file = (await console.operations.in_force()).file
    if not file:
        raise NotFoundError("this engine has no settings file")
    path = Path(file)
    try:
        text = await asyncio.to_thread(path.read_text, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VedetteError(f"{path} cannot be read: {error}") from None
    _edit(console, editor_command(console.options.environ, path, line_of(text, kind, name)))
    found = await console.operations.check_settings()
    errors = [each for each in found if each.severity == "error"]
    for each in (errors or found)[:3]:
        where = f"line {each.line}: " if each.line else ""
        console.tell(f"{each.severity}: {where}{each.message}", wrong=each.severity == "error")
    counted = f"{wording.counted(len(errors), 'error')}, {wording.counted(len(found) - len(errors), 'warning')}"
    console.tell(f"{path.name}: {counted}", wrong=bool(errors))


def _edit(console: ConsoleApp, command: Sequence[str]) -> None:
    """The console stands still meanwhile: another's picture must not be painted over."""
    try:
        with console.suspend():
            done = subprocess.run(command, check=False)
    except SuspendNotSupported:
        raise VedetteError(f"here is no terminal for an editor: {shlex.join(command)}") from None
    except OSError as error:
        raise VedetteError(f"the editor {command[0]} cannot be run: {error.strerror}; set $EDITOR") from None
    console.refresh(layout=True)
    if done.returncode:
        console.tell(f"{command[0]} ended with {done.returncode}", wrong=True)
