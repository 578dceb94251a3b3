"""Lines of harmless text in roles, and the widget that draws some of them to its width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget, _RenderCache

from core.text import safe
from tui.widgets.cut import cut, fit
from tui.widgets.freshness import Freshness

Role = Callable[[str], Style]
Part = tuple[str, str]
Parts = Sequence[Part]


def line(role: Role, parts: Iterable[Part], width: int = 0) -> Text:
    """Parts (text, role name) one after the other, cut to `width` cells where there is one."""
    text = Text(no_wrap=True, overflow="ellipsis", end="")
    room = width or 2000
    for words, name in parts:
        shown = cut(words, room)
        text.append(shown, role(name) if name else None)
        room -= cell_len(shown)
        if room <= 0:
            break
    return text


def spread(role: Role, left: Parts, right: Parts, width: int) -> Text:
    """Parts at both ends of one line; the right ones stay whole."""
    taken = min(sum(cell_len(safe(words)) for words, _ in right), width)
    text = line(role, left, max(width - taken - 1, 1))
    text.append(" " * max(width - taken - text.cell_len, 0))
    return text.append_text(line(role, right, taken or 1))


def ruled(role: Role, title: str, width: int, rule: str, right: Part | str = "") -> Text:
    """`── Needs you ────────────── right ──`: the heading of a pane; what stands at the right may have a role."""
    words, name = (right, "muted") if isinstance(right, str) else right
    tail, end = (f" {cut(words, max(width // 2, 1))} ", rule * 2) if words else ("", "")
    head = cut(title, max(width - cell_len(tail + end) - 5, 1))
    spare = max(width - cell_len(head) - cell_len(tail + end) - 4, 0)
    return line(role, [(f"{rule * 2} ", "rule"), (head, "heading"), (" " + rule * spare, "rule"),
                       (tail, name), (end, "rule")], width)  # fmt: skip


def aged(role: Role, title: str, width: int, rule: str, *, age: Freshness, right: str = "") -> Text:
    """A heading that says how old its pane is: quietly, or loudly once it is too old to trust."""
    if age.stale:
        return ruled(role, title, width, rule, (age.words, age.role))
    return ruled(role, title, width, rule, f"{right}  {age.words}".strip())


def page(role: Role, lines: Iterable[Parts], width: int = 0) -> Text:
    """Many lines."""
    return Text("\n", end="").join(line(role, parts, width) for parts in lines)


def flowed(lines: Iterable[Parts], width: int, indent: int = 14) -> list[list[Part]]:
    """The same lines, those too long broken at spaces and going on below, `indent` cells in."""
    return [each for parts in lines for each in _flow(parts, width, indent)]


def _flow(parts: Parts, width: int, indent: int) -> list[list[Part]]:
    lines: list[list[Part]] = [[]]
    used = 0
    for words, role in parts:
        for at, word in enumerate(safe(words, 4000).split(" ")):
            piece = f" {word}" if at else word
            if used + cell_len(piece) > width and used > indent and word:
                lines.append([(" " * indent, "")])
                used, piece = indent, word
            if piece:
                lines[-1].append((piece, role))
                used += cell_len(piece)
    return lines


def labelled(label: str, *parts: Part, room: int = 12) -> list[Part]:
    """` label       parts`: one line of a page of figures."""
    return [(" " + fit(label, room) + " ", "label"), *parts]


def bulleted(sign: str, text: str, role: str = "") -> list[Part]:
    return [(f" {sign} ", role or "muted"), (text, "")]


class Drawn(Widget):
    """A few lines that are drawn anew, to the width there is, whenever it is refreshed.

    The roles are the terminal's styles already, so Textual's own text, which takes three times as long, is only asked
    where somebody may select some of it: under the mouse.
    """

    DEFAULT_CSS = "Drawn { height: 1; width: 1fr; }"

    def __init__(self, draw: Callable[[int], Text], id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._next: tuple[int, Text] | None = None
        self._drawn = Text()

    def renew(self) -> None:
        """Draw it anew, unless it would look as it does or is not seen."""
        if not self.size.area:
            return
        width = max(self.size.width, 1)
        try:
            found = self._draw(width)
        except NoMatches:
            return  # its screen is put up or taken away, and draws all that stays
        if found != self._drawn:
            self._next = width, found
            self.refresh()

    def render(self) -> Text:
        width = max(self.size.width, 1)
        self._drawn = self._next[1] if self._next and self._next[0] == width else self._draw(width)
        self._next = None
        return self._drawn

    def _render_content(self) -> None:
        if self.mouse_hover or self.text_selection is not None:
            super()._render_content()
            return
        ground = self.visual_style.rich_style
        lines = Segment.split_lines(_segments(self.render(), ground))
        strips = [Strip(each).crop(0, self.size.width) for each in lines]
        self._render_cache = _RenderCache(self.size, strips)
        self._dirty_regions.clear()

    def on_enter(self) -> None:
        self.refresh()


def _segments(text: Text, ground: Style) -> Iterator[Segment]:
    """The pieces of a text that was put together from its beginning to its end, as all lines here are."""
    at, plain = 0, text.plain
    for start, end, style in text.spans:
        if start > at:
            yield Segment(plain[at:start], ground)
        yield Segment(plain[start:end], ground + style if isinstance(style, Style) else ground)
        at = end
    if at < len(plain):
        yield Segment(plain[at:], ground)


class Flowing(Widget):
    """Lines that are broken to the width there is, as many as that takes."""

    DEFAULT_CSS = "Flowing { height: auto; width: 1fr; }"

    def __init__(self, draw: Callable[[int], Text], id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw = draw

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._draw(max(width, 1)).plain.count("\n") + 1

    def render(self) -> Text:
        return self._draw(max(self.size.width, 1))
