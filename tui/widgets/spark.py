"""Numbers as one line of text: sparklines, bars, and where the time of a request went."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from tui.theme import GLYPHS, Glyphs
from tui.widgets.cut import cut, fit

_PARTS = "▏▎▍▌▋▊▉█"


def spark(
    values: Sequence[float | None], width: int, *, glyphs: Glyphs = GLYPHS["unicode"], top: float | None = None
) -> str:
    """Exactly `width` cells, newest last; each the greatest of its bucket between 0 and `top` (else their greatest).

    None and numbers that are none (NaN, infinite) are missing; a short row of values stands at the right.
    """
    buckets = greatest(values, width)
    known = [each for each in buckets if each is not None]
    highest = top if top is not None and top > 0 else max(known, default=0.0)
    return "".join(glyphs.missing if each is None else _level(each, highest, glyphs.sparks) for each in buckets)


def greatest(values: Sequence[float | None], width: int) -> list[float | None]:
    """The greatest known value of each of `width` buckets, None where a bucket knows nothing."""
    count = len(values)
    if width <= 0:
        return []
    if count <= width:
        return [None] * (width - count) + [_known(each) for each in values]
    edges = [at * count // width for at in range(width + 1)]
    return [_greatest(values[start:end]) for start, end in pairwise(edges)]


def bar(share: float | None, width: int, glyphs: Glyphs = GLYPHS["unicode"]) -> str:
    """At most `width` cells, without spaces after it; something for every share above 0, missing for None."""
    known = _known(share)
    if known is None:
        return glyphs.missing[:width]
    parts = glyphs.bar if glyphs.plain else _PARTS
    steps = len(parts)
    filled = math.ceil(min(max(known, 0.0), 1.0) * width * steps - 1e-9)
    whole, rest = divmod(filled, steps)
    return parts[-1] * whole + (parts[rest - 1] if rest else "")


def phase_bar(phases: Sequence[tuple[str, float | None]], width: int, *, glyphs: Glyphs = GLYPHS["unicode"]) -> str:
    """Phases of a request in milliseconds: `dns ▏12  tcp ▎21  wait ██████▊ 241`, in exactly `width` cells.

    The bars share the cells that names and numbers leave; where none are left, only these stand.
    """
    labels = [(name, _number(value, glyphs)) for name, value in phases]
    words = sum(len(name) + len(number) + 4 for name, number in labels)
    known = [_known(value) or 0.0 for _, value in phases]
    whole = sum(known)
    room = width - words - len(labels)
    if whole <= 0 or room <= len(labels):
        return fit(cut("  ".join(f"{name} {number}" for name, number in labels), width, glyphs.ellipsis), width)
    parts = [
        f"{name} {bar(value / whole, room, glyphs)} {number}".replace("  ", " ")
        for (name, number), value in zip(labels, known, strict=True)
    ]
    return fit("  ".join(parts), width, ellipsis=glyphs.ellipsis)


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _greatest(values: Sequence[float | None]) -> float | None:
    return max((each for each in values if each is not None and math.isfinite(each)), default=None)


def _level(value: float, highest: float, levels: str) -> str:
    if highest <= 0:
        return levels[0]
    share = min(max(value / highest, 0.0), 1.0)
    return levels[max(math.ceil(share * len(levels)) - 1, 0)]


def _number(value: float | None, glyphs: Glyphs) -> str:
    known = _known(value)
    return ("-" if glyphs.plain else "–") if known is None else f"{known:,.0f}"
