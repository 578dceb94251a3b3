"""With --ascii nothing outside ASCII is painted, whatever was to be shown: the last step before the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# Signs of our own; each takes the one cell that it had.
_SIGNS = {"→": ">", "…": "~", "–": "-", "·": ".", "•": "-"}


class AsciiOnly(LineFilter):
    """Every character by one of ASCII; a letter without one is `?` in each of its cells, a block of a bar empty."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.control or segment.text.isascii() else segment._replace(text=ascii_only(segment.text))
            for segment in segments
        ]


def ascii_only(text: str) -> str:
    """The text in ASCII, as wide as it was."""
    return "".join(_plain(text))


def _plain(text: str) -> Iterator[str]:
    for letter in text:
        if letter.isascii():
            yield letter
        elif "\u2400" <= letter <= "\u2421":
            yield "^"
        elif "\u2500" <= letter <= "\u28ff":
            yield " "
        else:
            yield _SIGNS.get(letter, "?" * cell_len(letter))
