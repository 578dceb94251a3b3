"""Log files of the engine: JSON lines, one file a component, rotated daily and kept for a month, compressed.

Every foreign string passes `safe()` before it is written, and every known secret is struck out.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

from core.clock import rfc3339
from core.engine.screen import Screen
from core.text import redact, safe

COMPONENTS = ("engine", "patrol", "pool", "worker", "link", "notify", "store", "settings")
KEPT_DAYS = 30
_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One record as one line of JSON: at, level, component, message, and its extras."""

    def __init__(self, secrets: Callable[[], Iterable[str]] = tuple) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": rfc3339(record.created),
            "level": record.levelname.lower(),
            "component": record.name.removeprefix("vedette."),
            "message": self._clean(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                entry[name] = value if isinstance(value, int | float | None) else self._clean(str(value))
        if record.exc_info:
            entry["traceback"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=True)

    def _clean(self, text: str) -> str:
        """Struck out first: half a secret at the cut would be one that nobody recognises any more."""
        return safe(redact(text, self._secrets()), 8000, keep_newlines=True)


class _Shown(logging.Handler):
    """Shows records to the person at the terminal, if there is one who reads."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        self._screen.line(self.format(record))

    def close(self) -> None:
        self._screen.end()
        super().close()


def set_up(directory: Path, secrets: Callable[[], Iterable[str]]) -> Callable[[], None]:
    """Write `vedette.*` loggers to files in `directory` and warnings to standard error; call the answer to end it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = logging.getLogger("vedette")
    formatter = JsonLines(secrets)
    handlers: list[tuple[logging.Logger, logging.Handler]] = []
    for component in COMPONENTS:
        handlers.append((logging.getLogger(f"vedette.{component}"), _file(directory / f"{component}.log", formatter)))
    shown = _Shown(Screen())
    shown.setFormatter(formatter)
    shown.setLevel(logging.WARNING)
    handlers.append((root, shown))
    for logger, handler in handlers:
        logger.addHandler(handler)
    root.setLevel(logging.INFO)
    root.propagate = False

    def end() -> None:
        for logger, handler in handlers:
            logger.removeHandler(handler)
            handler.close()

    return end


def _file(path: Path, formatter: logging.Formatter) -> logging.Handler:
    handler = TimedRotatingFileHandler(path, when="midnight", backupCount=KEPT_DAYS, utc=True, delay=True)
    handler.namer = lambda name: name + ".gz"
    handler.rotator = _compress
    handler.setFormatter(formatter)
    return handler


def _compress(source: str, target: str) -> None:
    with open(source, "rb") as plain, gzip.open(target, "wb") as packed:
        shutil.copyfileobj(plain, packed)
    os.unlink(source)
