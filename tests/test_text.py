"""What leaves core.text is text and nothing else, whatever went in."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import (
    MARKS_PER_BASE,
    csv_cell,
    duration_words,
    html_text,
    markdown_cell,
    nearest,
    parse_duration,
    redact,
    safe,
)

# Every code point, lone surrogates included, with what terminals and bidi algorithms obey well represented.
STEERING = (
    "\x00\x07\x08\t\n\r\x1b\x7f\x80\x9b\x9d\u200b\u200d\u202e\u2028\u2066\ufeff\ufe0f\ufffe\U000e0041\u0301\u0f71"
)
HOSTILE = st.text(st.one_of(st.sampled_from(STEERING), st.characters(categories=None)), max_size=80)
WRAPPINGS = (
    "{}", "\x1b[31m{}\x1b[0m", "\x1b]0;{}\x07", "\x1b]52;c;{}\x1b\\", "\x9b2J{}", "\x9d0;{}\x9c",
    "\u202e{}\u202c", "\u2066{}", "{}\u200b", "a\u0301\u0301\u0301\u0301\u0301{}", "\ufe0f\ufe0f{}", "{}\ud800",
    "\x00{}", "{}\r\n{}", "\t={}", " ＝{}", "<{}>", "[@click=app.quit]{}[/]", "\U000e0068\U000e0069{}", "|{}|", "`{}`",
    "\ufdd0{}\uffff",
)  # fmt: skip


def steers(text: str, allowed: str = "") -> list[str]:
    """The characters of a text that a terminal or a text layout obeys instead of showing."""
    return [
        c
        for c in text
        if c not in allowed
        and (unicodedata.category(c) in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"} or 0xFE00 <= ord(c) <= 0xFE0F)
    ]


def longest_mark_run(text: str) -> int:
    marks = "".join("m" if unicodedata.category(c).startswith("M") else " " for c in text)
    return max(map(len, marks.split()), default=0)


def assert_harmless(text: str) -> None:
    clean = safe(text)
    assert not steers(clean)
    assert longest_mark_run(clean) <= MARKS_PER_BASE
    assert safe(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    clean.encode("utf-8")
    block = safe(text, keep_newlines=True)
    assert not steers(block, allowed="\n")
    assert safe(block, keep_newlines=True) == block


def assert_sinks_hold(text: str) -> None:
    cell = csv_cell(text)
    assert not cell.lstrip().startswith(tuple("=+-@\t\r＝＋－＠"))
    row = io.StringIO()
    csv.writer(row).writerow([cell, "next"])
    assert next(csv.reader(io.StringIO(row.getvalue()))) == [cell, "next"]
    assert not re.search(r"[<>\"']", html_text(text))
    in_table = markdown_cell(text)
    assert not re.search(r"[<>|\n]", in_table)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]]", in_table)


@settings(max_examples=500)
@given(HOSTILE)
def test_no_text_can_steer_once_it_is_safe(text: str) -> None:
    assert_harmless(text)


@settings(max_examples=300)
@given(HOSTILE)
def test_no_text_breaks_out_of_its_sink(text: str) -> None:
    assert_sinks_hold(text)


@settings(max_examples=300)
@given(HOSTILE, st.integers(min_value=1, max_value=40))
def test_no_text_is_longer_than_its_limit_and_cutting_leaves_it_safe(text: str, limit: int) -> None:
    clean = safe(text, limit)
    assert len(clean) <= limit
    assert not steers(clean)
    assert safe(clean, limit) == clean


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200))
def test_plain_ascii_stays_as_it_is(text: str) -> None:
    assert safe(text) is text


@pytest.mark.shared_data
def test_naughty_strings_in_every_wrapping_are_harmless_in_every_sink(shared_data: Path) -> None:
    naughty = json.loads((shared_data / "hostile/blns/blns.json").read_text("utf-8"))
    tried = 0
    for text in naughty:
        for wrapping in WRAPPINGS:
            wrapped = wrapping.replace("{}", text)
            assert_harmless(wrapped)
            assert_sinks_hold(wrapped)
            tried += 1
    assert tried >= 10_000


@pytest.mark.shared_data
def test_terminal_programs_come_out_without_a_control_byte(shared_data: Path) -> None:
    programs = sorted((shared_data / "hostile/terminal/xtermjs").glob("*.in"))
    assert len(programs) >= 20
    for program in programs:
        for codec in ("utf-8", "latin-1"):
            text = program.read_bytes().decode(codec, errors="surrogateescape")
            assert_harmless(text)
            shown = safe(text, 100_000, keep_newlines=True).encode("utf-8")
            assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Shop \x1b]52;c;cm0=\x07", "Shop ␛]52;c;cm0=␇"),
        ("a\x00b\x7f", "a␀b␡"),
        ("\x9b31m", "\\u009b31m"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("pay\u200bpal", "pay\\u200bpal"),
        ("line\u2028separator\u2029", "line\\u2028separator\\u2029"),
        ("\U000e0041", "\\U000e0041"),
        ("\ufffe\uffff\ufdd0", "\\ufffe\\uffff\\ufdd0"),
        ("\ud83d", "\\ud83d"),
        ("two\nlines\tand\r\n", "two␊lines␉and␍␊"),
        ("Z" + "\u0301" * 40, "Ź" + "\u0301" * 3),
        ("\u0301lone mark", "◌\u0301lone mark"),
        ("I \u2764\ufe0f 1\ufe0f", "I \u2764 1"),
        ("a\ufe00\ufe01b", "a\\ufe00\\ufe01b"),
        ("\u3164", "\\u3164"),
        ("cafe\u0301", "café"),
        ("日本語 Ελλάδα ไทย हिन्दी", "日本語 Ελλάδα ไทย हिन्दी"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
    ],
)
def test_what_steers_is_shown_and_what_is_written_stays(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_a_block_keeps_its_lines_and_loses_its_tabs() -> None:
    assert safe("a\r\n\tb\rc\n\u0301d", keep_newlines=True) == "a\n    b␍c\n◌\u0301d"


def test_a_cut_text_says_so() -> None:
    assert safe("abcdef", 4) == "abc…"
    assert safe("abcd", 4) == "abcd"
    assert safe("a" + "\u0301" * 10_000 + "b", 20) == "á\u0301\u0301\u0301…"
    assert safe("abc", 1) == "…"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\u3000=", "＝", "＋", "－", "＠", "\u00a0@"])
def test_a_cell_that_would_be_a_formula_is_quoted(start: str) -> None:
    assert csv_cell(start + "cmd|'/C calc'!A0").startswith("'")


def test_controls_before_a_formula_are_pictures_and_so_its_end() -> None:
    assert csv_cell("\t=1+1") == "␉=1+1"
    assert csv_cell("\r=1+1") == "␍=1+1"
    assert csv_cell("plain, =1") == "plain, =1"


def test_markdown_shows_what_was_written() -> None:
    assert markdown_cell("a|b") == "a&#124;b"
    assert markdown_cell("<img src=x onerror=y>") == "&lt;img src=x onerror=y&gt;"
    assert markdown_cell("[x](javascript:y)") == "\\[x\\](javascript:y)"
    assert markdown_cell("https://www.a.example") == "https&#58;//www&#46;a.example"


def test_secrets_are_struck_out_in_every_form_they_take() -> None:
    secrets = ["hunter2/é", "hunter2/éxtra", "", "abc"]
    text = "plain hunter2/é longer hunter2/éxtra encoded hunter2%2F%C3%A9 short abc"
    assert redact(text, secrets) == "plain *** longer *** encoded *** short abc"
    assert redact(safe("key a\tb\x1bcd"), ["a\tb\x1bcd"]) == "key ***"
    assert redact("key \ud800abcd", ["\ud800abcd"]) == "key ***"


def test_the_nearest_word_is_found_or_none() -> None:
    assert nearest("evrey", ["every", "cron"]) == "every"
    assert nearest("europe/berln", ["Europe/Berlin", "Europe/Paris"]) == "Europe/Berlin"
    assert nearest("zzz", ["every", "cron"]) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m", 60), ("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("1w", 604_800), ("250ms", 0.25), ("1.5h", 5400),
     ("1H 30M", 5400), ("0s", 0)],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "1x", "-5m", "1m-", "1..5h", "1h30", "٣m", "1e3s", "9" * 400 + "s"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration, such as 90s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (0.25, "250ms"), (0.9996, "1s"), (45, "45s"), (60, "1m"), (190, "3m10s"), (712, "11m52s"),
     (3600, "1h"), (3605, "1h"), (90_000, "1d1h"), (187_200, "2d4h"), (-90, "-1m30s")],
)  # fmt: skip
def test_durations_are_told_in_their_two_largest_units(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@given(st.integers(min_value=0, max_value=59), st.integers(min_value=0, max_value=59))
def test_a_told_duration_reads_back_as_the_same_seconds(minutes: int, seconds: int) -> None:
    assert parse_duration(duration_words(minutes * 60 + seconds)) == minutes * 60 + seconds
