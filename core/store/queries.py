"""The SQL of the store: named statements and numbered migrations, read from the `.sql` files beside this module.

A statement starts at a line `-- name: NAME` and ends at the next one.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_MIGRATION = re.compile(r"(\w+)_(\d{3})\.sql")


@cache
def statements() -> dict[str, str]:
    """Every named statement; ValueError where two bear the same name."""
    found: dict[str, str] = {}
    for file in sorted(resources.files("core.store").joinpath("sql").iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".sql") or _MIGRATION.fullmatch(file.name):
            continue
        parts = _NAME.split(file.read_text(encoding="utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise ValueError(f"{file.name}: there are two statements named {name}")
            found[name] = text.strip()
    return found


@cache
def migrations(database: str) -> tuple[str, ...]:
    """The scripts that make `database` ("vedette", "history"), oldest first: the first one leads to version 1."""
    folder = resources.files("core.store").joinpath("sql")
    scripts: dict[int, str] = {}
    for file in folder.iterdir():
        match = _MIGRATION.fullmatch(file.name)
        if match and match[1] == database:
            scripts[int(match[2])] = file.read_text(encoding="utf-8")
    return tuple(scripts[number] for number in range(1, len(scripts) + 1))
