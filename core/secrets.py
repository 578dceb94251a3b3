"""Finds secrets by name: in the environment, in files handed over, in the OS keyring, in a file of our own.

A keyring that is locked or has no session can block for ever, and some backends quietly write plain text: so it is
asked in a thread with a time limit, and such backends are not used at all.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from core.errors import SecretError
from core.model.secret import Secret, SecretRef

T = TypeVar("T")

SERVICE = "vedette"
PREFIX = "VEDETTE_SECRET_"
KEYRING_TIMEOUT = 3.0
FILE_WARNING = (
    "the secret stands unencrypted in {path}: whoever can read that file, or a backup of it, has it; "
    "prefer the OS keyring, a systemd credential or the environment"
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REFUSED_BACKENDS = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_CHAINER = "keyring.backends.chainer"


@dataclass(frozen=True, slots=True)
class Located:
    """A secret's name and the place that has it; never its value."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a secret was put, and what to be warned of ("" for nothing)."""

    place: str
    warning: str = ""


class _Absent(Exception):
    """A place does not have the secret; the message says why."""


class SecretStore:
    """All places of secrets in the order in which they are asked. Safe to use from several threads."""

    def __init__(
        self, environ: Mapping[str, str], data_directory: Path, keyring_timeout: float = KEYRING_TIMEOUT
    ) -> None:
        self._environ = environ
        self._file = data_directory / "secrets.json"
        self._index = data_directory / "secret-names.json"
        self._timeout = keyring_timeout
        self._hanging: Future[Any] | None = None
        self._seen: frozenset[str] = frozenset()

    def get(self, ref: SecretRef) -> Secret:
        """The secret of that name; SecretError, naming the places looked at, where there is none."""
        name = _checked(ref.name)
        looked: list[str] = []
        for place, read in self._places(name):
            try:
                value = read(name)
                self._seen |= {value}
                return Secret(value)
            except _Absent as reason:
                looked.append(f"{place} ({reason})")
        raise SecretError(
            f"secret '{name}' was not found; looked at: {'; '.join(looked)}. Store it with: vedette secret set {name}"
        )

    def seen(self) -> frozenset[str]:
        """Every value given out so far: what must be struck out of logs. Never show it."""
        return self._seen

    def set(self, name: str, secret: Secret, *, in_file: bool = False) -> Stored:
        """Keep a secret in the OS keyring, or in the 0600 file where that is asked for."""
        name = _checked(name)
        if not secret.reveal():
            raise SecretError(f"secret '{name}': an empty secret is none")
        if in_file:
            _write_private(self._file, self._file_entries() | {name: secret.reveal()})
            place, warning = f"file {self._file}", FILE_WARNING.format(path=self._file)
        else:
            place, warning = self._set_in_keyring(name, secret), ""
        self._remember(name, "file" if in_file else "keyring")
        return Stored(place, warning)

    def ls(self) -> list[Located]:
        """The names known, each with the place that is asked first for it; sorted by name."""
        found: dict[str, str] = {}
        for name, place in self._known():
            found.setdefault(name, place)
        return [Located(name, place) for name, place in sorted(found.items())]

    def rm(self, name: str) -> list[str]:
        """Take a secret out of keyring and file; answers the places it was in. SecretError where it was in neither."""
        name = _checked(name)
        places = []
        entries = self._file_entries()
        if entries.pop(name, None) is not None:
            _write_private(self._file, entries)
            places.append(f"file {self._file}")
        try:
            place = self._ask_keyring(lambda backend: (backend.delete_password(SERVICE, name), _words_for(backend))[1])
            places.append(place)
        except _Absent as reason:
            if not places:
                outside = [each.place for each in self.ls() if each.name == name and each.place != "keyring"]
                where = f"; it comes from {outside[0]}: remove it there" if outside else ""
                raise SecretError(f"secret '{name}' is not in the keyring ({reason}) nor in our file{where}") from None
        self._forget(name)
        return places

    def _places(self, name: str) -> Iterator[tuple[str, Callable[[str], str]]]:
        variable = variable_for(name)
        yield f"environment {variable}", self._from_environment
        yield f"environment {variable}_FILE", self._from_named_file
        yield "systemd credential", self._from_credential
        yield "OS keyring", self._from_keyring
        yield f"file {self._file}", self._from_file

    def _from_environment(self, name: str) -> str:
        return _present(self._environ.get(variable_for(name)))

    def _from_named_file(self, name: str) -> str:
        return _content(Path(_present(self._environ.get(f"{variable_for(name)}_FILE"))))

    def _from_credential(self, name: str) -> str:
        directory = self._environ.get("CREDENTIALS_DIRECTORY")
        if not directory:
            raise _Absent("no CREDENTIALS_DIRECTORY")
        return _content(Path(directory) / name)

    def _from_keyring(self, name: str) -> str:
        value = self._ask_keyring(lambda backend: backend.get_password(SERVICE, name))
        return _present(value, "has none of that name")

    def _from_file(self, name: str) -> str:
        return _present(self._file_entries().get(name), "not there")

    def _set_in_keyring(self, name: str, secret: Secret) -> str:
        def put(backend: Any) -> str:
            backend.set_password(SERVICE, name, secret.reveal())
            return _words_for(backend)

        try:
            return self._ask_keyring(put)
        except _Absent as reason:
            raise SecretError(
                f"secret '{name}' cannot be kept in the OS keyring: {reason}. Give it as {variable_for(name)}, as "
                f"{variable_for(name)}_FILE or as a systemd credential, or accept our file: "
                f"vedette secret set --file {name}"
            ) from None

    def _ask_keyring(self, ask: Callable[[Any], T]) -> T:
        """What a usable backend answers within the time limit; _Absent otherwise.

        While an earlier question still hangs no further thread is spent on the keyring.
        """
        if self._hanging is not None and not self._hanging.done():
            raise _Absent("does not answer")
        answer: Future[T] = Future()
        Thread(target=_answer, args=(ask, answer), name="keyring", daemon=True).start()
        try:
            return answer.result(self._timeout)
        except FutureTimeoutError:
            self._hanging = answer
            raise _Absent(f"did not answer within {self._timeout:g} s") from None

    def _file_entries(self) -> dict[str, str]:
        """The secrets of our file; SecretError where others could read it or it is damaged."""
        try:
            mode = self._file.stat().st_mode
        except FileNotFoundError:
            return {}
        if stat.S_IMODE(mode) & 0o077:
            raise SecretError(
                f"{self._file} can be read by others (mode {stat.S_IMODE(mode):04o}): "
                f"change the secrets in it, then: chmod 600 {self._file}"
            )
        return _read_names(self._file)

    def _known(self) -> Iterator[tuple[str, str]]:
        for variable, value in self._environ.items():
            if variable.startswith(PREFIX) and value:
                stem = variable.removeprefix(PREFIX).removesuffix("_FILE")
                yield stem.lower().replace("_", "-"), f"environment {variable}"
        directory = self._environ.get("CREDENTIALS_DIRECTORY")
        if directory and Path(directory).is_dir():
            for each in Path(directory).iterdir():
                yield each.name, f"systemd credential {each}"
        yield from _read_names(self._index).items()
        yield from ((name, "file") for name in self._file_entries())

    def _remember(self, name: str, place: str) -> None:
        _write_private(self._index, _read_names(self._index) | {name: place})

    def _forget(self, name: str) -> None:
        names = _read_names(self._index)
        if names.pop(name, None) is not None:
            _write_private(self._index, names)


def variable_for(name: str) -> str:
    """The environment variable of a secret: `hook-token` -> VEDETTE_SECRET_HOOK_TOKEN."""
    return PREFIX + re.sub(r"[-.]", "_", name).upper()


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SecretError(
            "a secret's name has up to 64 letters, digits, '-', '_' and '.', and begins with a letter or digit"
        )
    return name


def _present(value: str | None, otherwise: str = "not set") -> str:
    if not value:
        raise _Absent(otherwise if value is None else "empty")
    return value


def _content(path: Path) -> str:
    """A file's text without its last line ending."""
    try:
        return _present(path.read_text("utf-8").removesuffix("\n").removesuffix("\r"))
    except OSError as error:
        raise _Absent(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Absent(f"{path}: not UTF-8 text") from None


def _answer(ask: Callable[[Any], T], answer: Future[T]) -> None:
    try:
        answer.set_result(ask(_usable_backend()))
    except _Absent as reason:
        answer.set_exception(reason)
    except Exception as error:  # noqa: BLE001 - backends raise whatever their desktop's library raises
        answer.set_exception(_Absent(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__))


def _usable_backend() -> Any:
    """The backend that keyring would take, unless it keeps plain text or nothing at all."""
    import keyring  # noqa: PLC0415 - looks for backends on import, which is slow and needed by few

    backend = keyring.get_keyring()
    chained = type(backend).__module__ == _CHAINER
    candidates = list(backend.backends) if chained else [backend]  # type: ignore[attr-defined]
    for each in candidates:
        if not type(each).__module__.startswith(_REFUSED_BACKENDS):
            return each
    kinds = ", ".join(f"{type(each).__module__}.{type(each).__name__}" for each in candidates)
    raise _Absent(f"no keyring that encrypts; found {kinds or 'none'}")


def _words_for(backend: Any) -> str:
    return f"OS keyring ({backend.name})"


def _read_names(path: Path) -> dict[str, str]:
    try:
        entries = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SecretError(f"{path} cannot be read: {error}") from None
    if not isinstance(entries, dict) or not all(isinstance(each, str) for each in entries.values()):
        raise SecretError(f"{path} is damaged: expected names and texts")
    return entries


def _write_private(path: Path, entries: Mapping[str, str]) -> None:
    """Replace a file by one that only its owner can read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
