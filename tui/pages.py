"""The help pages: short texts in `tui/help/*.md`, filled from the tables they are about, searched and laid out.

What can be generated - keys, commands, signs, fields of filters - is never written by hand, so it cannot grow old. The
pages use few forms: headings, paragraphs, lists, `: lead | text` rows and `{{placeholders}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from wcwidth import wcswidth

from core.query.filters import FIELDS, Field
from core.text import safe
from tui import keys
from tui.wording import FAMILIES, NOT_YET

FOLDER = Path(__file__).parent / "help"
WIDEST_LEAD = 24

Kind = Literal["title", "heading", "text", "item", "row", "blank"]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph or row. `lead` stands before the text of a row; `role` is the lead's style."""

    kind: Kind
    text: str = ""
    lead: str = ""
    role: str = "key"

    def holds(self, words: Sequence[str]) -> bool:
        """Whether every one of the words (lower case) is in it."""
        said = f"{self.lead} {self.text}".lower()
        return all(word in said for word in words)


@dataclass(frozen=True, slots=True)
class Page:
    """One page, ready to be laid out."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line with the name of its role."""

    text: str
    role: str = "text"


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What pages depend on: the keymap of the settings, ASCII or not, and the themes there are.

    `only` are the ids of the acts that this console has, `screens` the pages of its screens with the ids that these
    screens lack although others have them, and `commands` the names of its commands; None shows all.
    """

    plain: bool = False
    overrides: Mapping[str, str] | None = None
    themes: tuple[tuple[str, str], ...] = ()
    only: frozenset[str] | None = None
    screens: Mapping[str, frozenset[str]] | None = None
    commands: frozenset[str] | None = None


def page_names(setting: Setting) -> list[str]:
    """All pages: those of the screens there are in their order, then the others."""
    others = sorted({path.stem for path in FOLDER.glob("*.md")} - set(keys.SCREENS))
    there = [name for name in keys.SCREENS if setting.screens is None or name in setting.screens]
    return there + sorted({*others, "filter", "help"} - set(there))


def page(name: str, setting: Setting) -> Page:
    """One page by its name; KeyError where there is none."""
    if name not in page_names(replace(setting, screens=None)):
        raise KeyError(name)
    blocks = tuple(_plain(each) if setting.plain else each for each in _tidy(_blocks(name, setting)))
    return Page(name, blocks[0].text, blocks)


_ASCII = str.maketrans({"⏎": "enter", "…": "...", "–": "-", "→": "->"})


def _plain(block: Block) -> Block:
    return replace(block, text=block.text.translate(_ASCII), lead=block.lead.translate(_ASCII))


def every_page(setting: Setting) -> list[Page]:
    return [page(name, setting) for name in page_names(setting)]


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text("utf-8")


# -- reading

_ROW = re.compile(r"^:(?P<field>field)? (?P<lead>.+?) \| (?P<text>.+)$")
_PLACEHOLDER = re.compile(r"^\{\{(?P<what>\w+)(?: (?P<of>\w+))?\}\}$")


def _blocks(name: str, setting: Setting) -> Iterator[Block]:
    for line in _source(name).splitlines():
        placeholder = _PLACEHOLDER.match(line)
        row = _ROW.match(line)
        if placeholder:
            yield from _generated(placeholder["what"], placeholder["of"] or name, setting)
        elif row and row["field"]:
            yield field_row(FIELDS[row["lead"]], row["text"])
        elif row:
            yield Block("row", row["text"], row["lead"])
        elif line.startswith("# "):
            yield Block("title", line[2:])
        elif line.startswith("## "):
            yield Block("heading", line[3:])
        elif line.startswith("- "):
            yield Block("item", line[2:])
        else:
            yield Block("text", line) if line else Block("blank")


def _tidy(blocks: Iterable[Block]) -> Iterator[Block]:
    """No two empty lines in a row, and none at the end."""
    held = False
    for block in blocks:
        if block.kind == "blank":
            held = True
            continue
        if held:
            yield Block("blank")
        held = False
        yield block


def field_row(field: Field, words: str) -> Block:
    """A field of the filter language, with its other names, its type and where it can be asked."""
    also = f"; also {', '.join(field.aliases)}" if field.aliases else ""
    choices = f"; {', '.join(field.choices)}" if 0 < len(field.choices) <= 4 else ""
    return Block("row", f"{words} ({field.type.value}{also}{choices}; {', '.join(field.kinds)})", field.name)


def _generated(what: str, of: str, setting: Setting) -> Iterator[Block]:
    if what == "keys":
        lacks = (setting.screens or {}).get(of, frozenset())
        only = setting.only - lacks if setting.only is not None else None
        yield from key_blocks(keys.SCREENS.get(of, (of,)), replace(setting, only=only))
    elif what == "commands":
        yield from _command_blocks(setting)
    elif what == "signs":
        yield from _sign_blocks(of, setting)
    elif what == "themes":
        yield from (Block("row", safe(summary, 100), safe(name, 40)) for name, summary in setting.themes)
    else:
        raise ValueError(f"no placeholder is called {what}")


def key_blocks(scopes: Iterable[str], setting: Setting) -> Iterator[Block]:
    """The key tables of some scopes."""
    tables = keys.help_tables(scopes, plain=setting.plain, overrides=setting.overrides, only=setting.only)
    for title, rows in tables:
        yield Block("blank")
        yield Block("heading", title)
        for row in rows:
            there = setting.commands is None or row.command[1:].partition(" ")[0] in setting.commands
            command = f"  {row.command}" if row.command and row.keys and there else ""
            yield Block("row", row.words + command, row.keys or row.command)


def _command_blocks(setting: Setting) -> Iterator[Block]:
    if setting.only is not None and "global.command" not in setting.only:
        yield Block("text", "This console has no command line.")
        return
    yield Block("text", "`:` opens the line. A command does what its key does, and says to what.")
    yield Block("blank")
    for name, act in sorted(keys.COMMANDS.items()):
        if setting.commands is not None and name not in setting.commands:
            continue
        pressed = f" ({keys.display(act.keys[0])})" if act.keys else ""
        yield Block("row", f"{act.words}{pressed}", f":{name} {act.arguments}".strip())


def _sign_blocks(family: str, setting: Setting) -> Iterator[Block]:
    for state, sign in FAMILIES[family].items():
        if sign.mark().strip() and state not in NOT_YET:
            yield Block("row", sign.word, sign.mark(setting.plain), sign.role)


# -- searching


@dataclass(frozen=True, slots=True)
class Found:
    """A page with the blocks in which all words of a search stand, each under its heading."""

    page: Page
    blocks: tuple[Block, ...]


def search(pages: Iterable[Page], typed: str) -> list[Found]:
    """Every block that has all the words typed, in any order and case; nothing for nothing typed."""
    words = typed.lower().split()
    if not words:
        return []
    found = []
    for each in pages:
        blocks = tuple(block for block in each.blocks if block.kind != "blank" and block.holds(words))
        if blocks:
            found.append(Found(each, blocks))
    return found


def result_blocks(found: Sequence[Found]) -> list[Block]:
    """What a search shows: each page's title, and below it what was found there, once."""
    seen: set[Block] = set()
    blocks: list[Block] = []
    for each in found:
        new = [block for block in each.blocks if block not in seen and block.kind != "title"]
        seen.update(new)
        if new:
            blocks += [Block("heading", each.page.title), *new, Block("blank")]
    return blocks


# -- laying out


def lay_out(blocks: Sequence[Block], width: int, matched: str = "", plain: bool = False) -> list[Line]:
    """The blocks as lines of at most `width` cells, words of `matched` picked out."""
    width = max(width, 12)
    lead = _lead_width(blocks, width)
    words = matched.lower().split()
    return [_picked_out(line, words) for block in blocks for line in _lines(block, width, lead, plain)]


def _lead_width(blocks: Sequence[Block], width: int) -> int:
    longest = max((_cells(block.lead) for block in blocks if block.kind == "row"), default=0)
    return min(longest, WIDEST_LEAD, width // 3)


def _lines(block: Block, width: int, lead: int, plain: bool) -> Iterator[Line]:
    if block.kind == "blank":
        yield ()
    elif block.kind in ("title", "heading"):
        yield from _wrapped((Span(block.text, block.kind),), width)
    elif block.kind == "row":
        yield from _row_lines(block, width, lead)
    else:
        mark = ("- " if plain else "• ") if block.kind == "item" else ""
        for number, line in enumerate(_wrapped(_spans(block.text), width - len(mark))):
            yield (Span(" " * len(mark) if number else mark, "muted"), *line)


def _row_lines(block: Block, width: int, lead: int) -> Iterator[Line]:
    """A lead in its column and the text beside it; a lead too long for the column has a line to itself."""
    indent = lead + 4
    own_line = _cells(block.lead) > lead
    if own_line:
        yield from ((Span("  "), *line) for line in _wrapped((Span(block.lead, block.role),), width - 2))
    for number, line in enumerate(_wrapped(_spans(block.text), width - indent)):
        if number or own_line:
            yield (Span(" " * indent), *line)
        else:
            yield (Span("  "), Span(block.lead, block.role), Span(" " * (indent - 2 - _cells(block.lead))), *line)


def _wrapped(spans: Iterable[Span], width: int) -> list[Line]:
    """Lines of at most `width` cells, broken at spaces; only a word longer than a line is broken itself."""
    lines: list[list[Span]] = [[]]
    used = 0
    for word in _words(spans):
        for piece in _pieces(word, width):
            cells = sum(_cells(span.text) for span in piece)
            if used and used + 1 + cells > width:
                lines.append([])
                used = 0
            if used:
                lines[-1].append(Span(" "))
                used += 1
            lines[-1] += piece
            used += cells
    return [tuple(line) for line in lines]


def _words(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """What stands between spaces; a word may change its style within, as in **Why**: does."""
    word: list[Span] = []
    for span in spans:
        first, *others = span.text.split(" ")
        word.append(Span(first, span.role))
        for other in others:
            yield word
            word = [Span(other, span.role)]
    yield word


def _pieces(word: list[Span], width: int) -> list[list[Span]]:
    if sum(_cells(span.text) for span in word) <= width:
        return [word]
    return [[Span(letter, span.role)] for span in word for letter in _chunks(span.text, width)]


def _chunks(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


_MARKED = re.compile(r"(\*\*[^*]+\*\*|`[^`]+`)")


def _spans(text: str) -> Iterator[Span]:
    for piece in _MARKED.split(text):
        if piece.startswith("**") and len(piece) > 4:
            yield Span(piece[2:-2], "heading")
        elif piece.startswith("`") and len(piece) > 2:
            yield Span(piece[1:-1], "key")
        elif piece:
            yield Span(piece)


def _picked_out(line: Line, words: Sequence[str]) -> Line:
    if not words:
        return line
    pattern = re.compile("(" + "|".join(map(re.escape, words)) + ")", re.IGNORECASE)
    return tuple(
        Span(piece, "match" if piece.lower() in words else span.role)
        for span in line
        for piece in pattern.split(span.text)
        if piece
    )


def _cells(text: str) -> int:
    return max(0, wcswidth(text))
