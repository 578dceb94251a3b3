"""Copying out of the console: OSC 52 to the terminal, and always a file too, because no terminal says if it took it.

What is copied was read off a site; so it is made harmless first: pasted into a shell, a control character can end a
bracketed paste and run what follows.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.text import safe

# k9s' cap (internal/view/clipboard.go): 100,000 bytes less the sequence is what hterm and kitty take, in base64.
MOST_ENCODED = 74_994
LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a copy. `sent` says that the terminal was asked; `failure` why there is no file."""

    characters: int
    path: Path
    sent: bool
    failure: str = ""


def clip_file(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/vedette/clip.txt`."""
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "vedette" / "clip.txt"


def copy(text: str, environ: Mapping[str, str], send: Callable[[str], None]) -> Copied:
    """Copy to the terminal through `send` (which writes to it unchanged) and to the file."""
    clean = safe(text, LONGEST, keep_newlines=True)
    sequence = encode(clean, in_tmux=bool(environ.get("TMUX")))
    if sequence:
        send(sequence)
    path = clip_file(environ)
    try:
        write(path, clean)
    except OSError as error:
        return Copied(len(clean), path, bool(sequence), safe(error.strerror or str(error)))
    return Copied(len(clean), path, bool(sequence))


def encode(text: str, *, in_tmux: bool = False) -> str:
    """The OSC 52 sequence that sets the clipboard (xterm, ctlseqs: Operating System Commands); "" if it is too long.

    tmux takes the plain one with `set-clipboard on` and hands on the wrapped one with `allow-passthrough on`, each
    escape in it doubled; which of them holds cannot be known here, so inside tmux both are sent.
    """
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > MOST_ENCODED:
        return ""
    plain = f"\x1b]52;c;{encoded}\x07"
    return plain + f"\x1bPtmux;\x1b{plain}\x1b\\" if in_tmux else plain


def write(path: Path, text: str) -> None:
    """Replace the file, private to its owner; a reader sees the old text or the new one. OSError if it cannot."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".clip-")  # 0600 by mkstemp
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
