"""What leaves the console: nouns as the contract's JSON, lists as spreadsheets, and the screen as a picture or text.

Files are private to their owner, appear whole or not at all, and replace none that is there unless told to.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.segment import Segment, Segments
from textual.strip import Strip

from core.contract import alert_json, change_json, csv_text, delivery_json, listing, target_row_json
from core.errors import ConflictError, VedetteError
from core.model.alert import Alert, Delivery
from core.model.change import Change
from core.text import safe

FORMATS = ("svg", "txt", "html", "csv")
LARGEST = 100_000_000
_FONT, _FONTS = (
    re.compile(r"@font-face\s*\{[^}]*\}\s*"),
    2,
)  # Rich's two would be fetched by whoever looks at the picture


@dataclass(frozen=True, slots=True)
class Leaf:
    """What can be exported of one moment of the console: how it looked, and the nouns of its list."""

    strips: tuple[Strip, ...]
    width: int
    nouns: tuple[object, ...]


# -- nouns


def noun_json(noun: object) -> dict[str, Any]:
    """A noun as `vedette ls -o json` has it: a site's record, a change, an alert, a delivery."""
    if isinstance(noun, Change):
        return change_json(noun)
    if isinstance(noun, Alert):
        return alert_json(noun)
    if isinstance(noun, Delivery):
        return delivery_json(noun)
    assert isinstance(noun, Mapping)
    return target_row_json(noun)


def json_text(nouns: Sequence[object]) -> str:
    """One noun, or several as a list, as JSON in ASCII, so that no terminal is moved by it."""
    found = [noun_json(each) for each in nouns]
    return json.dumps(found[0] if len(found) == 1 else listing(found), indent=2, ensure_ascii=True)


# -- pictures


def written(leaf: Leaf, form: str) -> str:
    """The leaf in one of FORMATS; ConflictError where there is no list for a spreadsheet."""
    if form == "csv":
        if not leaf.nouns:
            raise ConflictError("there is no list here for a spreadsheet; .svg, .txt and .html show the screen")
        return csv_text(noun_json(each) for each in leaf.nouns)
    if form == "txt":
        lines = ("".join(part.text for part in strip).rstrip() for strip in leaf.strips)
        return safe("\n".join(lines), LARGEST, keep_newlines=True) + "\n"
    console = Console(
        width=leaf.width, height=len(leaf.strips), file=io.StringIO(), force_terminal=True, color_system="truecolor",
        record=True, legacy_windows=False, safe_box=False,
    )  # fmt: skip
    console.print(Segments(_segments(leaf.strips)), end="")
    if form == "html":
        return console.export_html(inline_styles=True)
    return _FONT.sub("", console.export_svg(title="Vedette"), count=_FONTS)


def _segments(strips: Iterable[Strip]) -> list[Segment]:
    return [part for strip in strips for part in (*(each for each in strip if not each.control), Segment.line())]


# -- files


def format_of(name: str) -> str:
    """The format that a file's name ends with; VedetteError for others."""
    form = Path(name).suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise VedetteError(f"'{safe(name, 80)}' has to end with {', '.join('.' + each for each in FORMATS)}")
    return form


def write(path: Path, text: str, *, over: bool) -> None:
    """The whole text, mode 0600. FileExistsError where a file is and `over` does not allow it; OSError if it cannot."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".vedette-")
    made = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        if over:
            made.replace(path)
        else:
            os.link(made, path)  # unlike a rename, it fails where a file is
    finally:
        made.unlink(missing_ok=True)
