"""The one sanitiser of foreign text, the escapes of each sink, and durations as people write them.

Whatever a site, container or file calls itself reaches terminals, logs, pages and spreadsheets; all of them obey some
characters. Here these characters become pictures of themselves, so that no sink needs a list of its own.
"""

from __future__ import annotations

import difflib
import html
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

ELLIPSIS = "…"
MARKS_PER_BASE = 3
_READ_PER_LIMIT = 4  # how much more than the limit is looked at before cutting
_SHORTEST_SECRET = 4  # striking out shorter ones would shred every text and so tell what they are
_DOTTED_CIRCLE = "◌"

# Invisible, yet letters or marks to str.isprintable(): fillers, joiners, selectors, the blank Braille cell.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_SUSPECT = re.compile(rf"[{_INVISIBLE}]")
_PRESENTATION = re.compile(rf"(?<=[^\s{_INVISIBLE}])[\ufe0e\ufe0f](?![{_INVISIBLE}])")
_MARK_RUN = re.compile(rf"[^\w\s\x00-\x7f]{{{MARKS_PER_BASE + 1},}}")
_LINE_START = re.compile(r"^(?=[^\w\s\x00-\x7f])", re.MULTILINE)
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}


def safe(text: str, limit: int = 2000, *, keep_newlines: bool = False) -> str:
    """Foreign text as harmless text of at most `limit` characters, an ellipsis last where it was cut.

    C0 controls become their pictures (ESC is ␛), every other character that steers instead of showing (C1, bidi
    controls, zero width, separators, tags, selectors, surrogates, non-characters) its escape, as in `\\u202e`.
    A presentation selector behind a symbol is left out: terminals disagree about its width. The result is in NFC, has
    at most three combining marks on a base and is its own safe form. `keep_newlines` keeps line feeds and turns
    tabs into spaces, for text that is shown as a block.
    """
    if len(text) <= limit and text.isascii():
        if text.isprintable():
            return text
        if keep_newlines and text.replace("\n", "").isprintable():
            return text
    bounded = text[: limit * _READ_PER_LIMIT]
    clean = unicodedata.normalize("NFC", _visible(bounded, keep_newlines))
    clean = _few_marks(clean)
    if len(clean) > limit or len(bounded) < len(text):
        return clean[: max(limit - 1, 0)] + ELLIPSIS
    return clean


def _visible(text: str, keep_newlines: bool) -> str:
    if keep_newlines:
        text = text.replace("\r\n", "\n").replace("\t", "    ")
    if _SUSPECT.search(text):
        text = _SUSPECT.sub(_escape_match, _PRESENTATION.sub("", text))
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _picture(c, keep_newlines) for c in text)


def _picture(character: str, keep_newlines: bool) -> str:
    if (character == "\n" and keep_newlines) or unicodedata.category(character) == "Zs":
        return character
    return _PICTURES.get(ord(character)) or _escape(character)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _escape_match(match: re.Match[str]) -> str:
    return _escape(match[0])


def _few_marks(text: str) -> str:
    """At most MARKS_PER_BASE marks in a row, and none at the start of a line, where it would mark a foreign base."""
    if text.isascii():
        return text
    text = _LINE_START.sub(lambda match: _DOTTED_CIRCLE if _is_mark(text[match.start()]) else "", text)
    return _MARK_RUN.sub(_thinned, text)


def _thinned(match: re.Match[str]) -> str:
    kept = []
    marks = 0
    for character in match[0]:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= MARKS_PER_BASE:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


# -- sinks

_FORMULA = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")  # tab and return are pictures by then; wide forms are folded
_SPREADSHEET_CELL = 32_000  # Excel refuses more than 32,767 characters
_MARKDOWN = str.maketrans(
    {character: "\\" + character for character in "\\`*_[]~#!$"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "&#64;"}
)


def csv_cell(text: str) -> str:
    """One cell of a spreadsheet: a leading ' stops what would be read as a formula (OWASP, CSV injection)."""
    clean = safe(text, _SPREADSHEET_CELL)
    start = clean.lstrip()[:1]
    return "'" + clean if start in _FORMULA else clean


def markdown_cell(text: str, limit: int = 2000) -> str:
    """One cell of a Markdown table: nothing in it is markup, HTML, a link or the end of the cell."""
    clean = safe(text, limit).translate(_MARKDOWN)
    return clean.replace("://", "&#58;//").replace("www.", "www&#46;")


def html_text(text: str, limit: int = 2000) -> str:
    """Text of an element or a quoted attribute."""
    return html.escape(safe(text, limit), quote=True)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret struck out, also where it stands percent-encoded or sanitised."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= _SHORTEST_SECRET:
            text = text.replace(form, "***")
    return text


def _forms(secret: str) -> tuple[str, ...]:
    return secret, quote(secret, safe="", errors="surrogatepass"), safe(secret, len(secret) * 10)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice a person probably meant, case aside; None where none is near."""
    spelt = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word[:100].lower(), spelt, n=1)
    return spelt[found[0]] if found else None


# -- durations

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?(?:ms|[smhdw]))+", re.ASCII)
_DURATION_PART = re.compile(r"([\d.]+)(ms|[smhdw])", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `15m`, `1h30m`, `2d`, `1w`, `250ms`; ValueError for anything else."""
    compact = "".join(text.lower().split())
    if not _DURATION.fullmatch(compact):
        raise ValueError(f"'{safe(text, 60)}' is no duration, such as 90s, 15m, 1h30m or 2d")
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(compact))


def unreadable(fault: str) -> str:
    """Why something in the store is not in force, `fault` being what its reader said of it; one line."""
    return f"what is stored of it cannot be read: {in_one_line(fault)}"


def in_one_line(words: str, limit: int = 300) -> str:
    """Lines one after the other with semicolons between, safe."""
    return safe("; ".join(line.strip() for line in words.splitlines() if line.strip()), limit)


def duration_words(seconds: float) -> str:
    """The two largest units of a duration, as `3m10s`, `2d4h`, `45s` or `250ms`."""
    if seconds < 0:
        return "-" + duration_words(-seconds)
    if seconds < 1:
        milliseconds = round(seconds * 1000)
        return f"{milliseconds}ms" if 0 < milliseconds < 1000 else f"{round(seconds)}s"
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count}{unit}" if count else "")
    return "".join(parts[:2])
