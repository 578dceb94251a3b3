"""What every source of secrets must do, wherever it keeps them: another place is one row in PLACES."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import keyring
import pytest

from core.errors import SecretError
from core.model.secret import Secret, SecretRef
from core.ports import SecretSource
from core.secrets import SecretStore, variable_for
from tests.conftest import missing
from tests.fakes import DictSecrets, MemoryKeyring

SMTP = SecretRef("smtp")
VALUES = ("hunter2", "pä:ss wörd €", "-----BEGIN KEY-----\nline\n-----END KEY-----", "x" * 4000, " spaces ")


@dataclass(frozen=True, slots=True)
class Place:
    """A source, and how an operator puts a secret where it looks."""

    source: SecretSource
    put: Callable[[str, str], object]


@contextlib.contextmanager
def environment(directory: Path, _request: pytest.FixtureRequest) -> Iterator[Place]:
    environ: dict[str, str] = {}
    yield Place(SecretStore(environ, directory), lambda name, value: environ.update({variable_for(name): value}))


@contextlib.contextmanager
def named_file(directory: Path, _request: pytest.FixtureRequest) -> Iterator[Place]:
    environ: dict[str, str] = {}

    def put(name: str, value: str) -> None:
        (directory / f"{name}.txt").write_text(f"{value}\n", "utf-8")
        environ[f"{variable_for(name)}_FILE"] = str(directory / f"{name}.txt")

    yield Place(SecretStore(environ, directory / "data"), put)


@contextlib.contextmanager
def credential(directory: Path, _request: pytest.FixtureRequest) -> Iterator[Place]:
    store = SecretStore({"CREDENTIALS_DIRECTORY": str(directory)}, directory / "data")
    yield Place(store, lambda name, value: (directory / name).write_text(value, "utf-8"))


@contextlib.contextmanager
def own_file(directory: Path, _request: pytest.FixtureRequest) -> Iterator[Place]:
    store = SecretStore({}, directory)
    yield Place(store, lambda name, value: store.set(name, Secret(value), in_file=True))


@contextlib.contextmanager
def small_keyring(directory: Path, _request: pytest.FixtureRequest) -> Iterator[Place]:
    store = SecretStore({}, directory)
    yield Place(store, lambda name, value: store.set(name, Secret(value)))


@contextlib.contextmanager
def secret_service(directory: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """gnome-keyring behind a session bus of its own."""
    for program in ("dbus-daemon", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            missing(request.config, f"{program} is not installed")
    with session_bus(directory) as address, unlocked_keyring(directory, address):
        before = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = address
        try:
            from keyring.backends.SecretService import Keyring  # only where there is a bus to talk to

            store = SecretStore({}, directory / "data", keyring_timeout=30)
            keyring.set_keyring(Keyring())
            yield Place(store, lambda name, value: store.set(name, Secret(value)))
        finally:
            os.environ.pop("DBUS_SESSION_BUS_ADDRESS")
            if before is not None:
                os.environ["DBUS_SESSION_BUS_ADDRESS"] = before


@contextlib.contextmanager
def session_bus(directory: Path) -> Iterator[str]:
    address = f"unix:path={directory}/bus"
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1", f"--address={address}"]
    with running(command, {}, stdout=subprocess.PIPE) as bus:
        assert bus.stdout is not None
        yield bus.stdout.readline().decode().strip()


@contextlib.contextmanager
def unlocked_keyring(directory: Path, address: str) -> Iterator[None]:
    command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    environ = {"DBUS_SESSION_BUS_ADDRESS": address, "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory)}
    with running(command, environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        daemon.stdin.write(b"password")
        daemon.stdin.close()
        daemon.stdout.readline()  # it tells where it serves once it does
        yield


@contextlib.contextmanager
def running(command: list[str], environ: dict[str, str], **streams: int) -> Iterator[subprocess.Popen[bytes]]:
    environ = {"PATH": os.environ["PATH"], **environ}
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, **streams)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def the_fake(_directory: Path, _request: pytest.FixtureRequest) -> Iterator[Place]:
    fake = DictSecrets({})
    yield Place(fake, fake.put)


PLACES = [
    pytest.param(environment, id="environment"),
    pytest.param(named_file, id="file named in the environment"),
    pytest.param(credential, id="systemd credential"),
    pytest.param(small_keyring, id="keyring"),
    pytest.param(secret_service, id="secret service", marks=pytest.mark.component("gnome-keyring")),
    pytest.param(own_file, id="our file, asked for"),
    pytest.param(the_fake, id="the fake"),
]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path, backend: MemoryKeyring) -> Iterator[Place]:
    """Where nothing else is meant, `backend` is the keyring that a store finds."""
    with request.param(tmp_path, request) as opened:
        yield opened


def test_a_secret_is_given_as_it_was_put_there(place: Place) -> None:
    for number, value in enumerate(VALUES):
        place.put(f"secret-{number}", value)
    given = [place.source.get(SecretRef(f"secret-{number}")).reveal() for number in range(len(VALUES))]
    assert given == list(VALUES)


def test_a_secret_that_was_rotated_is_the_new_one_at_the_next_question(place: Place) -> None:
    place.put("smtp", "before")
    assert place.source.get(SMTP).reveal() == "before"
    place.put("smtp", "after")
    assert place.source.get(SMTP).reveal() == "after"


def test_a_secret_that_is_not_there_is_named_and_no_other_is_told(place: Place) -> None:
    place.put("smtp", "hunter2")
    with pytest.raises(SecretError, match="'slack'") as told:
        place.source.get(SecretRef("slack"))
    assert "hunter2" not in f"{told.value} {told.value.__cause__} {told.value.__context__}"


def test_a_secret_shows_itself_only_when_revealed(place: Place) -> None:
    place.put("smtp", "hunter2")
    secret = place.source.get(SMTP)
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {secret!s:>20}"
    assert secret == place.source.get(SMTP)


def test_an_empty_secret_is_none(place: Place) -> None:
    with contextlib.suppress(SecretError):  # some places refuse it at the door
        place.put("smtp", "")
    with pytest.raises(SecretError, match="'smtp'"):
        place.source.get(SMTP)


@pytest.mark.parametrize("name", ["", "../smtp", ".hidden", "a/b", "smtp\n", "smtp\x00", "x" * 500])
def test_a_name_that_is_none_is_refused_and_leads_nowhere(place: Place, name: str) -> None:
    place.put("smtp", "hunter2")
    with pytest.raises(SecretError) as told:
        place.source.get(SecretRef(name))
    assert "hunter2" not in str(told.value)


def test_several_threads_may_ask_at_once(place: Place) -> None:
    place.put("smtp", "hunter2")
    place.put("slack", "token")
    names = ("smtp", "slack") * 8
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda name: place.source.get(SecretRef(name)).reveal(), names))
    assert given == ["hunter2", "token"] * 8
