"""Secrets are found in the order of their places, and never kept in plain text unless that was asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from core.errors import SecretError
from core.model.secret import Secret, SecretRef
from core.secrets import Located, SecretStore, variable_for
from tests.conftest import missing
from tests.fakes import MemoryKeyring

REPOSITORY = Path(__file__).resolve().parents[1]
SMTP = SecretRef("smtp")


class PlaintextKeyring(MemoryKeyring):
    """Stands where keyrings.alt keeps its plain files."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


class HangingKeyring(MemoryKeyring):
    """A locked keyring whose prompt nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.unlocked.wait(60)
        return "late"


class BrokenKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("the collection is locked")


class Chain(MemoryKeyring):
    """Stands where keyring chains several viable backends."""

    def __init__(self, *backends: keyring.backend.KeyringBackend) -> None:
        super().__init__()
        self.backends = backends


Chain.__module__ = keyring.backends.chainer.__name__


@pytest.fixture
def store(tmp_path: Path, backend: MemoryKeyring) -> SecretStore:
    return SecretStore({}, tmp_path / "data")


def test_places_are_asked_in_their_order(tmp_path: Path, backend: MemoryKeyring) -> None:
    named = tmp_path / "named"
    named.write_text("from a named file\n")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "smtp").write_text("from systemd\r\n")
    environ = {
        "VEDETTE_SECRET_SMTP": "from the environment",
        "VEDETTE_SECRET_SMTP_FILE": str(named),
        "CREDENTIALS_DIRECTORY": str(credentials),
    }
    store = SecretStore(environ, tmp_path / "data")
    store.set("smtp", Secret("from our file"), in_file=True)
    backend.set_password("vedette", "smtp", "from the keyring")
    found = []
    for place in (*environ, "keyring", "file"):
        found.append(store.get(SMTP).reveal())
        environ.pop(place, None)
        if place == "keyring":
            backend.entries.clear()
    assert found == [
        "from the environment",
        "from a named file",
        "from systemd",
        "from the keyring",
        "from our file",
    ]


def test_a_secret_that_is_nowhere_is_told_with_every_place_looked_at(tmp_path: Path, backend: MemoryKeyring) -> None:
    environ = {"VEDETTE_SECRET_HOOK_TOKEN": "", "VEDETTE_SECRET_HOOK_TOKEN_FILE": str(tmp_path / "none")}
    with pytest.raises(SecretError) as caught:
        SecretStore(environ, tmp_path).get(SecretRef("hook-token"))
    assert str(caught.value) == (
        "secret 'hook-token' was not found; looked at: environment VEDETTE_SECRET_HOOK_TOKEN (empty); "
        f"environment VEDETTE_SECRET_HOOK_TOKEN_FILE ({tmp_path / 'none'}: No such file or directory); "
        "systemd credential (no CREDENTIALS_DIRECTORY); OS keyring (has none of that name); "
        f"file {tmp_path / 'secrets.json'} (not there). Store it with: vedette secret set hook-token"
    )


def test_set_keeps_a_secret_in_the_keyring_and_no_file_has_it(
    store: SecretStore, backend: MemoryKeyring, tmp_path: Path
) -> None:
    stored = store.set("smtp", Secret("hunter2"))
    assert (stored.place, stored.warning) == ("OS keyring (memory)", "")
    assert backend.entries == {("vedette", "smtp"): "hunter2"}
    assert store.get(SMTP).reveal() == "hunter2"
    files = list((tmp_path / "data").iterdir())
    assert files
    assert not any(b"hunter2" in file.read_bytes() for file in files)


def test_set_in_our_file_warns_and_only_its_owner_can_read_it(store: SecretStore, tmp_path: Path) -> None:
    stored = store.set("smtp", Secret("hunter2"), in_file=True)
    file = tmp_path / "data" / "secrets.json"
    assert "unencrypted" in stored.warning
    assert str(file) in stored.warning
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert store.get(SMTP).reveal() == "hunter2"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_our_file_is_refused_where_others_may_read_it(store: SecretStore, tmp_path: Path, mode: int) -> None:
    store.set("smtp", Secret("hunter2"), in_file=True)
    (tmp_path / "data" / "secrets.json").chmod(mode)
    for ask in (lambda: store.get(SMTP), store.ls, lambda: store.set("b", Secret("x"), in_file=True)):
        with pytest.raises(SecretError, match="chmod 600"):
            ask()


@pytest.mark.parametrize("content", ["{", "[]", '{"smtp": 3}'])
def test_a_damaged_file_is_told_without_its_content(store: SecretStore, tmp_path: Path, content: str) -> None:
    store.set("smtp", Secret("hunter2"), in_file=True)
    (tmp_path / "data" / "secrets.json").write_text(content)
    with pytest.raises(SecretError, match=r"secrets\.json (cannot be read|is damaged)"):
        store.get(SMTP)


@pytest.mark.parametrize(
    "refused",
    [
        PlaintextKeyring(),
        Chain(PlaintextKeyring()),
        Chain(),
        keyring.backends.fail.Keyring(),  # type: ignore[no-untyped-call]
        keyring.backends.null.Keyring(),  # type: ignore[no-untyped-call]
    ],
    ids=["plain text", "chain of plain text", "empty chain", "fail", "null"],
)
@pytest.mark.usefixtures("backend")
def test_a_backend_without_encryption_is_never_used(tmp_path: Path, refused: keyring.backend.KeyringBackend) -> None:
    keyring.set_keyring(refused)
    store = SecretStore({}, tmp_path)
    with pytest.raises(SecretError, match=r"no keyring that encrypts.*vedette secret set --file smtp"):
        store.set("smtp", Secret("hunter2"))
    with pytest.raises(SecretError, match="no keyring that encrypts"):
        store.get(SMTP)
    assert list(tmp_path.iterdir()) == []


def test_a_chain_is_used_but_for_its_plain_text_links(tmp_path: Path, backend: MemoryKeyring) -> None:
    plain = PlaintextKeyring()
    keyring.set_keyring(Chain(plain, backend))
    SecretStore({}, tmp_path).set("smtp", Secret("hunter2"))
    assert plain.entries == {}
    assert backend.entries == {("vedette", "smtp"): "hunter2"}


@pytest.mark.usefixtures("backend")
def test_a_keyring_that_hangs_is_given_up_and_asked_again_only_when_it_has_come_back(tmp_path: Path) -> None:
    hanging = HangingKeyring()
    keyring.set_keyring(hanging)
    store = SecretStore({}, tmp_path, keyring_timeout=0.05)
    with pytest.raises(SecretError, match=r"did not answer within 0\.05 s"):
        store.get(SMTP)
    with pytest.raises(SecretError, match=r"OS keyring \(does not answer\)"):
        store.get(SMTP)
    assert hanging.asked == 1
    hanging.unlocked.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join(10)
    assert store.get(SMTP).reveal() == "late"


@pytest.mark.usefixtures("backend")
def test_what_a_keyring_raises_becomes_a_reason(tmp_path: Path) -> None:
    keyring.set_keyring(BrokenKeyring())
    with pytest.raises(SecretError, match="KeyringLocked: the collection is locked"):
        SecretStore({}, tmp_path).get(SMTP)


def test_ls_tells_names_and_places_and_no_values(tmp_path: Path, backend: MemoryKeyring) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "cert").write_text("hunter2")
    environ = {"VEDETTE_SECRET_HOOK_TOKEN": "hunter2", "CREDENTIALS_DIRECTORY": str(credentials), "OTHER": "x"}
    store = SecretStore(environ, tmp_path / "data")
    store.set("smtp", Secret("hunter2"))
    store.set("slack", Secret("hunter2"), in_file=True)
    assert store.ls() == [
        Located("cert", f"systemd credential {credentials / 'cert'}"),
        Located("hook-token", "environment VEDETTE_SECRET_HOOK_TOKEN"),
        Located("slack", "file"),
        Located("smtp", "keyring"),
    ]


def test_rm_takes_a_secret_out_of_all_our_places(store: SecretStore, backend: MemoryKeyring, tmp_path: Path) -> None:
    store.set("smtp", Secret("a"))
    store.set("smtp", Secret("b"), in_file=True)
    assert store.rm("smtp") == [f"file {tmp_path / 'data' / 'secrets.json'}", "OS keyring (memory)"]
    assert store.ls() == []
    assert backend.entries == {}
    with pytest.raises(SecretError, match=r"not in the keyring \(PasswordDeleteError: not there\) nor in our file"):
        store.rm("smtp")


def test_rm_says_where_a_secret_of_the_environment_must_be_removed(tmp_path: Path, backend: MemoryKeyring) -> None:
    store = SecretStore({"VEDETTE_SECRET_SMTP": "x"}, tmp_path)
    with pytest.raises(SecretError, match="it comes from environment VEDETTE_SECRET_SMTP: remove it there"):
        store.rm("smtp")


@pytest.mark.parametrize("name", ["", "../etc/passwd", ".hidden", "a/b", "a b", "ä", "x" * 65, "a\n"])
def test_a_name_that_could_lead_elsewhere_is_refused(store: SecretStore, name: str) -> None:
    for ask in (lambda: store.get(SecretRef(name)), lambda: store.set(name, Secret("x")), lambda: store.rm(name)):
        with pytest.raises(SecretError, match="a secret's name"):
            ask()


def test_an_empty_secret_is_refused(store: SecretStore) -> None:
    with pytest.raises(SecretError, match="an empty secret is none"):
        store.set("smtp", Secret(""))


def test_the_variable_of_a_secret_is_its_name_in_capitals() -> None:
    assert variable_for("hook-token.eu") == "VEDETTE_SECRET_HOOK_TOKEN_EU"


ROUND = """
import sys
from pathlib import Path
from core.model.secret import Secret, SecretRef
from core.secrets import SecretStore
store = SecretStore({}, Path(sys.argv[1]), keyring_timeout=20)
print(store.set("smtp", Secret("hunter2")).place)
print(store.get(SecretRef("smtp")).reveal())
print(store.rm("smtp"))
"""


@pytest.mark.component("gnome-keyring")
def test_a_real_secret_service_keeps_a_secret(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for program in ("dbus-run-session", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            missing(request.config, f"{program} is not installed")
    script = 'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$0" -c "$1" "$2"'
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script, sys.executable, ROUND, str(tmp_path / "data")],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    place, value, removed = done.stdout.splitlines()[-3:] if done.returncode == 0 else (done.stderr, "", "")
    assert place == "OS keyring (SecretService Keyring)"
    assert value == "hunter2"
    assert removed == "['OS keyring (SecretService Keyring)']"
