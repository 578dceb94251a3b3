"""An operator's own fingerprints beside ours, which win where both know a technology."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from core.errors import SettingsError
from core.scan.technology.fingerprints import Fingerprint, built_in
from core.scan.technology.importer import load_foreign

_log = logging.getLogger("vedette.worker")


def imported(directory: Path) -> tuple[Fingerprint, ...]:
    """The fingerprints of all files of a directory that can be read; one that cannot is logged and left out."""
    return load_foreign([path for path in _files(directory) if _readable(path)]).fingerprints


def beside_ours(foreign: Iterable[Fingerprint]) -> tuple[Fingerprint, ...]:
    """Our own and those foreign ones whose names we do not have."""
    ours = built_in()
    names = {each.name for each in ours}
    return (*ours, *(each for each in foreign if each.name not in names))


def digest(directory: Path) -> str:
    """What tells one set of files from another; "" where there is none."""
    state = blake2b(digest_size=8)
    files = _files(directory)
    for path in files:
        state.update(f"{path.name}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape"))
        state.update(path.read_bytes())
    return state.hexdigest() if files else ""


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.json"))


def _readable(path: Path) -> bool:
    try:
        load_foreign([path])
    except SettingsError as error:
        _log.error("fingerprints are left out: %s", error)
        return False
    return True
