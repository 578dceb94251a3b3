"""Where a command works: the data directory, the settings file, who acts, and the engine if one runs."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.errors import LeaseHeldError, NotFoundError, NotYetError
from core.model.people import Actor
from core.operations import Operations, SocketOperations, is_served
from core.store.open import Store, open_store

_LATER = (
    "postgresql:", "postgres:", "mysql:", "mariadb:", "redis:", "mongodb:", "sqlite:", "container:", "docker:", "file:",
)  # fmt: skip


def refuse_later(subject: str, *, paths: bool = False) -> None:
    """NotYetError for what only a later version watches: databases, containers and, with `paths`, files."""
    if subject.lower().startswith(_LATER):
        raise NotYetError(f"looking at {subject.partition(':')[0].lower()}: targets")
    if paths and subject.startswith(("/", "./", "../", "~")):
        raise NotYetError("watching files")


@dataclass(frozen=True, slots=True)
class Place:
    """`settings` may not exist; `explicit` says that a person named it, so that its absence is an error."""

    data: Path
    settings: Path
    explicit: bool
    environ: Mapping[str, str]

    @classmethod
    def of(cls, data: str | None, settings: str | None, environ: Mapping[str, str]) -> Place:
        """Options before environment before the platform's places."""
        chosen = settings or environ.get("VEDETTE_CONFIG")
        where = data or environ.get("VEDETTE_DATA") or platformdirs.user_data_dir("vedette", appauthor=False)
        default = Path(platformdirs.user_config_dir("vedette", appauthor=False)) / "vedette.toml"
        path = Path(chosen).expanduser() if chosen else default
        return cls(Path(where).expanduser().absolute(), path.absolute(), bool(chosen), environ)

    def settings_file(self) -> Path | None:
        """The settings file, None where there is none; NotFoundError when one was named and is missing."""
        if self.settings.is_file():
            return self.settings
        if self.explicit:
            raise NotFoundError(f"settings file {self.settings} does not exist")
        return None

    def actor(self) -> Actor:
        """The person at the keyboard; over SSH the client's address is part of the identity."""
        client = self.environ.get("SSH_CONNECTION", "").split(" ")[0]
        return Actor(_login(), f"cli from {client}" if client else "cli")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@contextlib.asynccontextmanager
async def reading(place: Place) -> AsyncIterator[Store]:
    """The store for reading; it is created empty where there is none yet and no engine runs."""
    if not (place.data / "vedette.db").exists():
        async with acting(place):
            pass
    store = await open_store(place.data, writable=False)
    try:
        yield store
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def acting(place: Place) -> AsyncIterator[Operations]:
    """The running engine's operations, or those of an engine of our own that holds the lease for a moment."""
    from core.engine.assembly import Engine  # noqa: PLC0415 - a command that only asks does without

    try:
        engine = await Engine.open(place.data, place.settings_file(), place.environ)
    except LeaseHeldError:
        if not is_served(place.data):
            raise
        yield SocketOperations(place.data)
        return
    try:
        yield engine.operations
    finally:
        await engine.stop()
