"""The fingerprints that a worker uses: ours, and beside them the operator's, read anew when their directory changes."""

from __future__ import annotations

from pathlib import Path

from core.scan.look import OURS, Recognition


class Recogniser:
    """How technologies are told while files come and go: what is renamed into the directory counts at the next look."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen_at = 0
        self._recognition = OURS

    def present(self) -> Recognition:
        """How it is done now; with ours alone where there is no directory, and after files that broke the reader."""
        try:
            at = self._directory.stat().st_mtime_ns
        except OSError:
            at = 0
        if at != self._seen_at:
            self._seen_at, self._recognition = at, OURS
            self._recognition = self._read() if at else OURS
        return self._recognition

    def _read(self) -> Recognition:
        from core.scan.technology.detect import Detector  # noqa: PLC0415 - most workers never need it
        from core.scan.technology.imported import beside_ours, digest, imported  # noqa: PLC0415

        named = digest(self._directory)
        foreign = imported(self._directory) if named else ()
        return Recognition(Detector(beside_ours(foreign)).detect, named) if foreign else OURS
