"""Two texts beside or above each other: which lines came, went or changed, and what within a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.text import safe
from tui.theme import GLYPHS, Glyphs
from tui.widgets.cut import cut

LONGEST_TEXT = 200_000
MOST_LINES = 2_000
SIDE_BY_SIDE_FROM = 100
_MARKED_WITHIN = 400  # characters of a line in which differences are looked for
_LOOK_AHEAD = 30
_WORD = re.compile(r"\w+|\s+|.")
_SIGNS = {"same": " ", "added": "+", "removed": "-", "changed": "~", "left out": " "}
_ROLES = {"same": "", "added": "added", "removed": "removed", "changed": "changed", "left out": "muted"}
_MARK = Style(bold=True, underline=True)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one role; `marked` is what differs within its line."""

    text: str
    role: str = ""
    marked: bool = False


Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of both texts: `kind` is same, added, removed, changed, or left out for lines that are not shown."""

    kind: str
    before: Pieces = ()
    after: Pieces = ()


def diff_lines(before: str, after: str, context: int | None = 3) -> tuple[DiffLine, ...]:
    """Both texts line by line; of equal lines `context` stay on each side of a difference, all where it is None."""
    old, new = _lines(before), _lines(after)
    found: list[DiffLine] = []
    for tag, start, end, low, high in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            found += [DiffLine("same", (Piece(each),), (Piece(each),)) for each in old[start:end]]
        else:
            found += _block(old[start:end], new[low:high])
    return tuple(found if context is None else _near(found, context))


def counts(lines: Sequence[DiffLine]) -> str:
    """`+0 -1 ~1`: how many lines came, went and changed."""
    kinds = [each.kind for each in lines]
    return f"+{kinds.count('added')} -{kinds.count('removed')} ~{kinds.count('changed')}"


def unified(lines: Sequence[DiffLine], width: int, glyphs: Glyphs = GLYPHS["unicode"]) -> list[Pieces]:
    """One column of `width` cells; a changed line is one `~` line where it fits, else a - and a + line."""
    shown: list[Pieces] = []
    for line in lines:
        if line.kind == "changed":
            shown += _changed(line, width, glyphs)
        else:
            pieces = line.before if line.kind == "removed" else line.after
            shown.append(_signed(line.kind, pieces, width, glyphs))
    return shown


def side_by_side(lines: Sequence[DiffLine], width: int, glyphs: Glyphs = GLYPHS["unicode"]) -> list[Pieces]:
    """Before at the left, after at the right, in exactly `width` cells."""
    left = max((width - 3) // 2, 0)
    right = max(width - 3 - left, 0)
    between = Piece(f" {glyphs.divider} ", "muted")
    shown: list[Pieces] = []
    for line in lines:
        old = "same" if line.kind == "added" else line.kind
        new = "same" if line.kind == "removed" else line.kind
        one = _padded(_signed(old, line.before, left, glyphs), left)
        other = _padded(_signed(new, line.after, right, glyphs), right)
        shown.append((*one, between, *other))
    return shown


def _lines(text: str) -> list[str]:
    lines = safe(text, LONGEST_TEXT, keep_newlines=True).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if len(lines) > MOST_LINES:
        return [*lines[:MOST_LINES], f"({len(lines) - MOST_LINES:,} more lines)"]
    return lines


def _block(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffLine]:
    """Lines that took each other's place: those alike changed, in order; the others went or came."""
    start = 0
    for line in old:
        found = next((at for at in range(start, min(len(new), start + _LOOK_AHEAD)) if _alike(line, new[at])), None)
        if found is None:
            yield DiffLine("removed", before=(Piece(line, "removed"),))
            continue
        yield from (DiffLine("added", after=(Piece(each, "added"),)) for each in new[start:found])
        yield _pair(line, new[found])
        start = found + 1
    yield from (DiffLine("added", after=(Piece(each, "added"),)) for each in new[start:])


def _alike(one: str, other: str) -> bool:
    """Half of what the shorter line says, and a third of the longer, is in both (words as sets)."""
    words, others = (set(re.findall(r"\w+", each[:_MARKED_WITHIN])) for each in (one, other))
    shared = len(words & others)
    return shared > 0 and 2 * shared >= min(len(words), len(others)) and 3 * shared >= max(len(words), len(others))


def _pair(old: str, new: str) -> DiffLine:
    words = _WORD.findall(old[:_MARKED_WITHIN]), _WORD.findall(new[:_MARKED_WITHIN])
    before: list[Piece] = []
    after: list[Piece] = []
    for tag, start, end, low, high in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        marked = tag != "equal"
        before += _piece("".join(words[0][start:end]), "removed" if marked else "changed", marked)
        after += _piece("".join(words[1][low:high]), "added" if marked else "changed", marked)
    tails = old[_MARKED_WITHIN:], new[_MARKED_WITHIN:]
    before += _piece(tails[0], "changed", tails[0] != tails[1])
    after += _piece(tails[1], "changed", tails[0] != tails[1])
    return DiffLine("changed", tuple(before), tuple(after))


def _piece(text: str, role: str, marked: bool) -> list[Piece]:
    return [Piece(text, role, marked)] if text else []


def _near(lines: Sequence[DiffLine], context: int) -> list[DiffLine]:
    different = [at for at, line in enumerate(lines) if line.kind != "same"]
    kept = sorted(
        {at for each in different for at in range(each - context, each + context + 1)} & set(range(len(lines)))
    )
    shown: list[DiffLine] = []
    last = -1
    for at in kept:
        if at - last > 1:
            shown.append(_left_out(at - last - 1))
        shown.append(lines[at])
        last = at
    if kept and len(lines) - last > 1:
        shown.append(_left_out(len(lines) - last - 1))
    return shown


def _left_out(count: int) -> DiffLine:
    words = (Piece(f"({count:,} equal {'line' if count == 1 else 'lines'})", "muted"),)
    return DiffLine("left out", words, words)


def _changed(line: DiffLine, width: int, glyphs: Glyphs) -> list[Pieces]:
    merged = tuple(_merged(line, glyphs))
    if sum(cell_len(each.text) for each in merged) + 2 <= width:
        return [_signed("changed", merged, width, glyphs)]
    return [_signed("removed", line.before, width, glyphs), _signed("added", line.after, width, glyphs)]


def _merged(line: DiffLine, glyphs: Glyphs) -> Iterator[Piece]:
    """Both lines in one: `nginx/1.25.{3→4}`."""
    old, new = list(line.before), list(line.after)
    while old or new:
        if old and new and not old[0].marked and not new[0].marked:
            yield old.pop(0)
            new.pop(0)
            continue
        was = [old.pop(0)] if old and old[0].marked else []
        became = [new.pop(0)] if new and new[0].marked else []
        if not was and not became:
            return
        yield Piece("{", "changed")
        yield from was
        yield Piece(glyphs.arrow, "changed")
        yield from became
        yield Piece("}", "changed")


def _signed(kind: str, pieces: Pieces, width: int, glyphs: Glyphs) -> Pieces:
    sign = Piece(cut(f"{_SIGNS[kind]} ", width), _ROLES[kind])
    return (sign, *_cut_pieces(pieces, width - 2, glyphs.ellipsis))


def _cut_pieces(pieces: Pieces, width: int, ellipsis: str) -> Iterator[Piece]:
    left = width
    for at, piece in enumerate(pieces):
        room = left - 1 if at < len(pieces) - 1 else left
        size = cell_len(piece.text)
        if size > room:
            text = cut(piece.text, left, ellipsis) if size > left else piece.text[:-1] + ellipsis
            yield Piece(text, piece.role, piece.marked)
            return
        left -= size
        yield piece


def _padded(pieces: Pieces, width: int) -> Pieces:
    spare = width - sum(cell_len(each.text) for each in pieces)
    return (*pieces, Piece(" " * spare)) if spare > 0 else pieces


class DiffView(ScrollView, can_focus=True):
    """A diff that scrolls; `u` turns between side by side and unified, which wide and narrow screens start with."""

    DEFAULT_CSS = """
    DiffView {
        height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "turn", "Unified or side by side", id="diff.turn"),
        Binding("j,down", "scroll_down", "Down", show=False, id="diff.down"),
        Binding("k,up", "scroll_up", "Up", show=False, id="diff.up"),
        Binding("g,home", "scroll_home", "Start", show=False, id="diff.first"),
        Binding("G,end", "scroll_end", "End", show=False, id="diff.last"),
        Binding("ctrl+d,pagedown", "page_down", "Page down", show=False, id="diff.page_down"),
        Binding("ctrl+u,pageup", "page_up", "Page up", show=False, id="diff.page_up"),
    ]

    def __init__(
        self, *, role: Callable[[str], Style], glyphs: Glyphs = GLYPHS["unicode"], id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._role = role
        self._glyphs = glyphs
        self._lines: tuple[DiffLine, ...] = ()
        self._beside: bool | None = None
        self._shown: list[Pieces] = []

    @property
    def is_unified(self) -> bool:
        beside = self.size.width >= SIDE_BY_SIDE_FROM if self._beside is None else self._beside
        return not beside

    def show(self, before: str, after: str, context: int | None = 3) -> None:
        """Compare these two texts."""
        self._lines = diff_lines(before, after, context)
        self._lay_out()
        self.scroll_home(animate=False)

    def action_turn(self) -> None:
        self._beside = self.is_unified
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        lay = unified if self.is_unified else side_by_side
        same: list[Pieces] = [(Piece("  no difference", "muted"),)]
        self._shown = lay(self._lines, self.scrollable_content_region.width, self._glyphs) if self._lines else same
        self.virtual_size = Size(self.size.width, len(self._shown))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        ground = self.rich_style
        at = y + self.scroll_offset.y
        if at >= len(self._shown):
            return Strip.blank(self.size.width, ground)
        segments = [Segment(each.text, self._style(each, ground)) for each in self._shown[at]]
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    def _style(self, piece: Piece, ground: Style) -> Style:
        style = ground + self._role(piece.role) if piece.role else ground
        return style + _MARK if piece.marked else style
