"""On which line of the settings file something is declared, for whoever opens it there."""

from __future__ import annotations

import tomllib

from core.settings.problems import Problems


def line_of(text: str, kind: str, name: str) -> int:
    """The line of the `[[target]]`, `[[channel]]` or `[[rule]]` of that name, from 1; 1 where it cannot be found."""
    try:
        tables = tomllib.loads(text).get(kind, [])
    except tomllib.TOMLDecodeError:
        return 1
    for number, each in enumerate(tables if isinstance(tables, list) else []):
        if isinstance(each, dict) and each.get("name") == name:
            return max(Problems(kind, text).line((kind, number, "name")), 1)
    return 1
