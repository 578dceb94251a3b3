"""The shared slot in which a worker notes what it is about to parse, so that its death names the culprit.

Eight bytes of memory shared between engine and worker; the note outlives the worker, whatever killed it.
"""

from __future__ import annotations

import mmap
import os

_SIZE = 8


class Slot:
    """One job id, 0 for none. `create` in the engine, `open` with the inherited descriptor in the worker."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _SIZE)

    @classmethod
    def create(cls) -> Slot:
        descriptor = os.memfd_create("vedette-slot") if hasattr(os, "memfd_create") else _unnamed_file()
        os.truncate(descriptor, _SIZE)
        return cls(descriptor)

    def note(self, job_id: int) -> None:
        self._memory[:] = job_id.to_bytes(_SIZE, "big")

    def noted(self) -> int:
        return int.from_bytes(self._memory[:], "big")

    def close(self) -> None:
        self._memory.close()
        os.close(self.descriptor)


def _unnamed_file() -> int:
    import tempfile  # noqa: PLC0415 - only where the kernel has no memfd

    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
