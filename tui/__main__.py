"""The entry point `vedette`: the console, or the command line for everything that needs no screen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.cli.place import Place


def main() -> int:
    """Run the command given in the arguments, or the console without one; the exit code."""
    from core.cli.main import main as command_line  # noqa: PLC0415 - `python -m tui` stays cheap to import

    return command_line(console=_console)


def _console(place: Place, flags: Sequence[str], theme: str) -> int:
    from tui.console import open_console  # noqa: PLC0415 - commands never load a screen

    return open_console(place.data, place.settings_file, place.environ, flags, theme)


if __name__ == "__main__":
    sys.exit(main())
