"""Text cut and padded to terminal cells, so that wide, combining and hostile characters never break a column."""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, set_cell_size

from core.text import safe

Align = Literal["left", "right", "center"]
_READ_PER_CELL = 4  # a cell holds a base with up to three marks


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """Foreign text as harmless text of at most `width` cells, the ellipsis last where it was cut."""
    if width <= 0:
        return ""
    clean = safe(text, width * _READ_PER_CELL + 1)
    if (len(clean) <= width and clean.isascii()) or cell_len(clean) <= width:
        return clean
    if clean.isascii():
        return clean[: width - 1] + ellipsis
    return set_cell_size(clean, width - 1).rstrip(" ") + ellipsis


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
