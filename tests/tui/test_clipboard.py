"""Copies reach the terminal by OSC 52 and always a private file, and are harmless to paste."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from tui.clipboard import MOST_ENCODED, clip_file, copy, encode, write

SEQUENCE = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def decoded(sequence: str) -> str:
    found = SEQUENCE.search(sequence)
    assert found
    return base64.b64decode(found[1]).decode()


@pytest.mark.parametrize("text", ["", "shop-eu.example", "two\nlines", "größer → ✖", "x" * 40_000])
def test_what_is_sent_is_what_was_copied(text: str) -> None:
    assert decoded(encode(text)) == text
    assert SEQUENCE.fullmatch(encode(text))


def test_inside_tmux_the_sequence_is_sent_plain_and_wrapped() -> None:
    plain = encode("shop")
    assert encode("shop", in_tmux=True) == plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"


@pytest.mark.parametrize(("size", "sent"), [(MOST_ENCODED // 4 * 3, True), (MOST_ENCODED // 4 * 3 + 1, False)])
def test_the_cap_counts_encoded_bytes(size: int, sent: bool) -> None:
    assert bool(encode("x" * size)) is sent


def test_text_beyond_the_cap_reaches_the_file_only(tmp_path: Path) -> None:
    written: list[str] = []
    copied = copy("x" * 100_000, {"XDG_STATE_HOME": str(tmp_path)}, written.append)
    assert (copied.sent, copied.failure, written) == (False, "", [])
    assert (tmp_path / "vedette" / "clip.txt").read_text() == "x" * 100_000


def test_a_copy_is_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    written: list[str] = []
    copied = copy("shop-eu", environ, written.append)
    assert decoded(written[0]) == "shop-eu"
    assert copied.path == clip_file(environ) == tmp_path / "state" / "vedette" / "clip.txt"
    assert (copied.sent, copied.characters) == (True, 7)
    assert stat.S_IMODE(copied.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(copied.path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    path = tmp_path / "clip.txt"
    path.write_text("old")
    path.chmod(0o644)
    write(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("precious")
    link = tmp_path / "clip.txt"
    link.symlink_to(other)
    write(link, "new")
    assert other.read_text() == "precious"
    assert not link.is_symlink()


def test_a_file_that_cannot_be_written_is_told_and_the_terminal_still_asked(tmp_path: Path) -> None:
    (tmp_path / "vedette").write_text("a file where the folder should be")
    written: list[str] = []
    copied = copy("shop", {"XDG_STATE_HOME": str(tmp_path)}, written.append)
    assert copied.failure
    assert copied.sent
    assert decoded(written[0]) == "shop"


def test_pasting_a_copy_cannot_steer_a_terminal(tmp_path: Path) -> None:
    hostile = "title\x1b[201~\x07\x9b31m\u202ereboot\r\n\tend"
    written: list[str] = []
    copied = copy(hostile, {"XDG_STATE_HOME": str(tmp_path)}, written.append)
    for text in (decoded(written[0]), copied.path.read_text()):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert "reboot" in text


def test_lone_surrogates_are_copied_as_something(tmp_path: Path) -> None:
    assert copy("\ud800", {"XDG_STATE_HOME": str(tmp_path)}, lambda _: None).failure == ""


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/vedette/clip.txt"),
        ({"HOME": "/h"}, "/h/.local/state/vedette/clip.txt"),
    ],
)
def test_the_file_follows_the_xdg_rules(environ: dict[str, str], path: str) -> None:
    assert clip_file(environ) == Path(path)


@pytest.mark.component("tmux")
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_takes_a_copy_into_its_buffer(tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    (tmp_path / "sequence").write_text(encode("shop-eu.example", in_tmux=True))
    show = f"cat {shlex.quote(str(tmp_path / 'sequence'))}; sleep 60"
    environ = {**os.environ, "TERM": "xterm-256color"}
    command = [*tmux, "set", "-s", "set-clipboard", "on", ";", "new-session", "-d", "-x", "80", "-y", "24", show]
    subprocess.run(command, check=True, env=environ)
    try:
        taken = b""
        for _ in range(200):
            taken = subprocess.run([*tmux, "show-buffer"], capture_output=True, check=False).stdout
            if taken:
                break
            threading.Event().wait(0.1)
        assert taken == b"shop-eu.example"
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
