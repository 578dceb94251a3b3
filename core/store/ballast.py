"""Disk space kept for the day the disk is full: then even DELETE and checkpoint fail until something is given back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SIZE = 16 * 1024 * 1024
NEEDED = 8 * SIZE


class Ballast:
    """A file of real blocks beside the databases: `hold` makes it while there is room, `release` gives it back."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "ballast"

    @property
    def held(self) -> bool:
        return self._path.exists()

    def hold(self) -> None:
        """Do nothing when it is there or the disk has less than 128 MiB left."""
        if self.held or shutil.disk_usage(self._path.parent).free < NEEDED:
            return
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, SIZE)
        except OSError:
            self._path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Nothing happens where there is none."""
        self._path.unlink(missing_ok=True)
