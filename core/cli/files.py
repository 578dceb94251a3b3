"""Files that commands write: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.errors import VedetteError


def replace_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Whole or not at all: written beside the file, then renamed over it; an existing file keeps its mode."""
    try:
        kept = path.stat().st_mode & 0o777 if path.exists() else mode
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, kept)
        os.replace(beside, path)
    except OSError as error:
        raise VedetteError(f"{path} cannot be written: {error.strerror}") from error
