"""Ordering of version numbers as vendors write them: 1.9 < 1.10, 2.0-rc1 < 2.0, 1.1.1k > 1.1.1."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = re.compile(r"[0-9]+|[a-z]+")
_BEFORE_RELEASE = frozenset({"a", "alpha", "b", "beta", "c", "rc", "pre", "preview", "dev", "m", "snapshot", "nightly"})
_PRE_RELEASE, _END, _LETTERS, _NUMBER = 0, 1, 2, 3
_LONGEST_NUMBER = 18

VersionKey = tuple[tuple[int, int, str], ...]


@lru_cache(maxsize=4096)
def version_key(text: str) -> VersionKey:
    """A sortable key. `1.2` equals `1.2.0`; build metadata after `+` does not count (semver.org, item 10)."""
    parts = [_part(each) for each in _PART.findall(text.lower().removeprefix("v").partition("+")[0])]
    trimmed: list[tuple[int, int, str]] = []
    for part in reversed(parts):
        if part != (_NUMBER, 0, "") or (trimmed and trimmed[-1][0] == _NUMBER):
            trimmed.append(part)
    return (*reversed(trimmed), (_END, 0, ""))


def within(version: str, prefix: str) -> bool:
    """Whether a version is the one named or a finer one of it: 1.25.3 is within 1.25, 1.250 is not."""
    parts, wanted = (_PART.findall(each.lower().removeprefix("v")) for each in (version, prefix))
    return bool(wanted) and parts[: len(wanted)] == wanted


def _part(text: str) -> tuple[int, int, str]:
    if text.isdigit():
        return (_NUMBER, int(text[:_LONGEST_NUMBER]), "")
    return (_PRE_RELEASE if text in _BEFORE_RELEASE else _LETTERS, 0, text)
