"""Text cut and padded to terminal cells, so that wide, combining and hostile characters never break a column."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, set_cell_size

from core.text import safe

Align = Literal["left", "right", "center"]
_KEPT = 400
_READ_PER_CELL = 4  # a cell holds a base with up to three marks


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """Foreign text as harmless text of at most `width` cells, the ellipsis last where it was cut."""
    if width <= 0:
        return ""
    return _short(text, width, ellipsis) if len(text) <= _KEPT else _cut(text, width, ellipsis)


def _cut(text: str, width: int, ellipsis: str) -> str:
    clean = safe(text, width * _READ_PER_CELL + 1)
    if (len(clean) <= width and clean.isascii()) or cell_len(clean) <= width:
        return clean
    if clean.isascii():
        return clean[: width - 1] + ellipsis
    return set_cell_size(clean, width - 1).rstrip(" ") + ellipsis


_short = lru_cache(maxsize=4096)(_cut)  # the same words are drawn again and again


def fit(text: str, width: int, align: Align = "left", ellipsis: str = "…") -> str:
    """The same in exactly `width` cells, spaces added on the side away from `align`."""
    shown = cut(text, width, ellipsis)
    spare = max(width - (len(shown) if shown.isascii() else cell_len(shown)), 0)
    if not spare:
        return shown
    if align == "left":
        return shown + " " * spare
    before = spare if align == "right" else spare // 2
    return " " * before + shown + " " * (spare - before)
