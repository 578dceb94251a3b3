"""Notices that vedette.toml has new content, however it was written, and says so once things have settled.

Editors replace files by renaming, Kubernetes swaps a symbolic link above them, and bind mounts and network file systems
tell nobody: so whole directories are watched, links are followed by hand, and a slow look of our own stands behind
them all. What counts in the end is the digest of the content.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from watchdog.events import (
    EVENT_TYPE_CLOSED,
    EVENT_TYPE_CREATED,
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

SETTLE = 0.2
OWN_LOOK = 5.0
MOST_LINKS = 40  # as many as Linux follows

# Not "opened" and "closed_no_write": reading the file to see whether it changed would be an event again.
_WRITING = frozenset({EVENT_TYPE_CLOSED, EVENT_TYPE_CREATED, EVENT_TYPE_DELETED, EVENT_TYPE_MODIFIED, EVENT_TYPE_MOVED})


class SettingsFile:
    """Calls `changed` on the running loop when the file's content differs from what was last told.

    A file that is gone is not a change; coming back with other content is. Times are seconds.
    """

    def __init__(
        self, path: Path, changed: Callable[[], None], *, settle: float = SETTLE, own_look: float = OWN_LOOK
    ) -> None:
        self._path = Path(os.path.abspath(path))
        self._changed = changed
        self._settle = settle
        self._own_look = own_look
        self._digest = b""
        self._watched: dict[Path, tuple[tuple[int, int], ObservedWatch]] = {}
        self._names: frozenset[str] = frozenset()
        self._observer: BaseObserver | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None

    def start(self, known: bytes | None = None) -> None:
        """Watch from now on; `known` is the content already read (None: what the file has now)."""
        self._loop = asyncio.get_running_loop()
        self._digest = sha256(known).digest() if known is not None else self._read() or b""
        with suppress(OSError):  # no inotify instances left: our own look remains
            observer = Observer()
            observer.start()
            self._observer = observer
        self._look()

    async def stop(self) -> None:
        """Watch no longer; `changed` is not called any more when this returns."""
        for timer in (self._timer, self._looking):
            if timer is not None:
                timer.cancel()
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            await asyncio.to_thread(observer.join)

    def touched(self, names: set[str]) -> None:
        """Something happened to these paths; called from the observer's thread."""
        if names & self._names:
            with suppress(RuntimeError):  # the loop has closed already
                self._loop.call_soon_threadsafe(self._wait)

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._observer is not None:
            self._timer = self._loop.call_later(self._settle, self._compare)

    def _look(self) -> None:
        self._compare()
        self._looking = self._loop.call_later(self._own_look, self._look)

    def _compare(self) -> None:
        self._follow()
        digest = self._read()
        if digest is not None and digest != self._digest:
            self._digest = digest
            self._changed()

    def _read(self) -> bytes | None:
        try:
            return sha256(self._path.read_bytes()).digest()
        except OSError:
            return None

    def _follow(self) -> None:
        """Watch the directories that the file's path leads through today; a directory made anew is another one."""
        awaited = [_awaited(each) for each in links(self._path)]
        self._names = frozenset(map(str, awaited))
        if self._observer is None:
            return
        wanted = {each.parent: _identity(each.parent) for each in awaited}
        alive = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        for directory, (identity, watch) in list(self._watched.items()):
            if wanted.get(directory) != identity or watch not in alive:
                del self._watched[directory]
                with suppress(KeyError, OSError):
                    self._observer.unschedule(watch)
        for directory, found in wanted.items():
            if found is not None and directory not in self._watched:
                with suppress(OSError):  # gone meanwhile, or no watches left: our own look remains
                    self._watched[directory] = (found, self._observer.schedule(_Events(self), str(directory)))


class _Events(FileSystemEventHandler):
    """Hands on the events that write."""

    def __init__(self, file: SettingsFile) -> None:
        self._file = file

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _WRITING:
            self._file.touched({os.fsdecode(event.src_path), os.fsdecode(event.dest_path)})


def links(path: Path) -> list[Path]:
    """The path, and every symbolic link and target on its way to the real file, each as an absolute path."""
    found = [path]
    here = Path(path.anchor)
    rest = list(path.parts[1:])
    left = MOST_LINKS
    while rest:
        here = here / rest.pop(0)
        if left and here.is_symlink():
            left -= 1
            found.append(here)
            aim = os.readlink(here)
            rest = [*Path(os.path.normpath(here.parent / aim)).parts[1:], *rest]
            here = Path(path.anchor)
    return list(dict.fromkeys([*found, here]))


def _awaited(path: Path) -> Path:
    """The path itself, or the part of it that has to come into being first: its directory exists."""
    while not path.parent.is_dir():
        path = path.parent
    return path


def _identity(directory: Path) -> tuple[int, int] | None:
    try:
        status = directory.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
