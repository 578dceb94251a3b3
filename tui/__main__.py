"""The entry point `vedette`: the console, or the command line for everything that needs no screen."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from core.cli.place import Place


def main() -> int:
    """Run the command given in the arguments, or the console without one; the exit code."""
    from core.cli.doctor import EXAMINERS  # noqa: PLC0415 - `python -m tui` stays cheap to import
    from core.cli.main import main as command_line  # noqa: PLC0415

    EXAMINERS[:] = [_examine]
    return command_line(console=_console)


def _examine(data: Path, environ: Mapping[str, str], output: TextIO) -> tuple[list[dict[str, object]], list[str]]:
    from tui.doctor import diagnose  # noqa: PLC0415 - only `vedette doctor` needs it

    return diagnose(data, environ, output)


def _console(place: Place, flags: Sequence[str], theme: str) -> int:
    from tui.console import open_console  # noqa: PLC0415 - commands never load a screen

    return open_console(place.data, place.settings_file, place.environ, flags, theme)


if __name__ == "__main__":
    sys.exit(main())
