"""One engine per data directory: whoever holds the lock on `engine.lock`.

The kernel lets go of it when the process dies, however it dies, so there is never a stale one to clear away.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from core.errors import LeaseHeldError, StoreError


class Lease:
    """Held until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; a second time does nothing. The file stays: removing it would let two hold a lock each."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def acquire(directory: Path) -> Lease:
    """The lease of an existing data directory; LeaseHeldError, naming the process, when another one has it."""
    path = directory / "engine.lock"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreError(f"{directory} cannot be written to: {error.strerror}; use another data directory") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise LeaseHeldError(f"an engine already runs on {directory} (process {holder})") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return Lease(descriptor)


def holder(directory: Path) -> int | None:
    """The process that holds the lease, None when nobody does."""
    try:
        lease = acquire(directory)
    except LeaseHeldError:
        text = (directory / "engine.lock").read_text(encoding="ascii", errors="replace").strip()
        return int(text) if text.isdigit() else 0
    lease.release()
    return None
