"""Names for what leaves the process: uuid7, and the short ids `T-12` that people type.

uuid7 is drawn here and not from core/clock.py because it is an identity, never compared as a time.
"""

from __future__ import annotations

import re

import uuid_utils

_SHORT = re.compile(r"([A-Z])-(\d{1,18})", re.IGNORECASE)


def new_uuid() -> str:
    """A fresh uuid7 (RFC 9562), as text."""
    return str(uuid_utils.uuid7())


def number_of(name: str, letter: str) -> int | None:
    """The integer id in `T-12` for letter T, None when `name` is not such a name."""
    match = _SHORT.fullmatch(name.strip())
    return int(match[2]) if match and match[1].upper() == letter else None
