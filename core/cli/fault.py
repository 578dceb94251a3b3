"""What becomes of a bug: one sentence for the person, and the traceback in a log file."""

from __future__ import annotations

import logging
from pathlib import Path

from core.errors import VedetteError
from core.text import safe

LOG = Path("logs") / "cli.log"


class InternalError(VedetteError):
    """The program is wrong, not the person; `kept` is where the traceback stands, None where nobody could write it."""

    exit_code = 4

    def __init__(self, error: BaseException, kept: Path | None) -> None:
        where = f"the traceback stands in {kept}" if kept else "and the traceback could not be written"
        super().__init__(f"internal error, {type(error).__name__}: {safe(str(error), 300)}; {where}")


def keep(data: Path | None, error: BaseException) -> Path | None:
    """Write the traceback as a line of JSON into the data directory's logs; where it stands."""
    from core.engine.logs import JsonLines  # noqa: PLC0415 - needed when something broke only

    if data is None or not data.is_dir():
        return None
    path = data / LOG
    fault = (type(error), error, error.__traceback__)
    record = logging.LogRecord("vedette.cli", logging.ERROR, "", 0, "a command broke", None, fault)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(JsonLines().format(record) + "\n")
    except OSError:
        return None
    return path
