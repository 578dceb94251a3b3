"""The entry point `vedette`: the console, or the command line for everything that needs no screen."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command given in the arguments; its exit code."""
    from core.cli.main import main as command_line  # noqa: PLC0415 - `python -m tui` stays cheap to import

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
