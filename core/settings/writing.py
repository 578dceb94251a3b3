"""How values are written in settings, so that reading them gives the very same value again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

UNITS = (("d", 86400), ("h", 3600), ("m", 60))

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def duration_text(seconds: float) -> str:
    """Seconds, to the millisecond, in the largest unit that divides them: 5400.0 -> "90m"."""
    for unit, size in UNITS:
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{number_text(round(seconds, 3))}s"


def rate_text(per_second: float) -> str:
    """Times a second: 2.0 -> "2/s", 0.5 -> "30/m"."""
    for unit, size in (("s", 1), ("m", 60), ("h", 3600)):
        times = round(per_second * size)
        if times and times / size == per_second:
            return f"{times}/{unit}"
    return f"{number_text(per_second)}/s"


def percent_text(ratio: float) -> str:
    """A ratio: 0.2 -> "20%"."""
    return f"{(Decimal(repr(ratio)) * 100).normalize():f}%"


def number_text(value: float) -> str:
    """Without an exponent and without a trailing `.0`."""
    return f"{Decimal(repr(value)).normalize():f}"


def toml(document: Mapping[str, object]) -> str:
    """A settings document as TOML: tables and arrays of tables at the top, everything below them inline."""
    blocks = [line for key, value in document.items() if not _is_table(value) for line in [_pair(key, value)]]
    tables = [] if not blocks else ["\n".join(blocks)]
    for key, value in document.items():
        for header, body in _tables(key, value):
            tables.append("\n".join([header, *(_pair(name, inner) for name, inner in body.items())]))
    return "\n\n".join(tables) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value))


def _tables(key: str, value: object) -> list[tuple[str, Mapping[str, object]]]:
    if isinstance(value, Mapping):
        return [(f"[{_key(key)}]", value)]
    if isinstance(value, list) and _is_table(value):
        return [(f"[[{_key(key)}]]", each) for each in value]
    return []


def _pair(key: str, value: object) -> str:
    return f"{_key(key)} = {_inline(value)}"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _inline(value: object) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pair(key, inner) for key, inner in value.items()) + " }" if value else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_inline(each) for each in value) + "]"
    return json.dumps(value)


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's but for DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
