"""Nothing that was observed is more than text in a report, in any format."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from core.report.daily import daily
from core.report.formats import FORMATS
from core.report.report import Report
from core.text import safe
from tests.report.material import UNTIL, hostile_day, small_day

TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "dl", "div", "dt", "dd", "table",
    "caption", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class"}
CONTROLS = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CHOSEN = (
    "<script>alert(1)</script>", "</td></tr></table><script src=//x></script>", "\" onmouseover=\"alert(1)",
    "' onload='x", "javascript:alert(1)", "=cmd|' /C calc'!A0", "＝1+1", "@SUM(1)", "-2+3", "\t=1", "| a | b |",
    "a\nb\r\nc", "`code`", "![x](javascript:alert(1))", "[x]: http://evil.example", "<!-- -->", "\x1b]52;c;eA==\x07",
    "\u202eevil", "&lt;b&gt;", "\\", "\\|", "a\\", "</style><script>x</script>", "<![CDATA[x]]>", "\ud800",
    "Z\u0301\u0301\u0301\u0301\u0301\u0301",
)  # fmt: skip
HOSTILE = st.text(
    st.one_of(st.sampled_from("<>&\"'`|\\=+-@\n\r\t\x1b\u202e#*_[]()!"), st.characters(categories=None)), min_size=1
)


def cells(report: Report) -> list[str]:
    return [cell for section in report.sections for table in section.tables for row in table.rows for cell in row]


def assert_inert(report: Report) -> None:
    written = {suffix: write(report) for suffix, write in FORMATS.items()}
    for text in written.values():
        assert not CONTROLS.search(text)
        text.encode("utf-8")
    assert_page_is_inert(written[".html"], report)
    assert_sheet_is_inert(written[".csv"])
    assert_markdown_is_inert(written[".md"], report)
    assert_json_reads_back(written[".json"], report)


def assert_page_is_inert(text: str, report: Report) -> None:
    nodes = LexborHTMLParser(text).css("*")
    assert {node.tag for node in nodes} <= TAGS
    assert {name for node in nodes for name in node.attributes} <= ATTRIBUTES
    shown = [node.text() for node in LexborHTMLParser(text).css("td")]
    assert shown == [safe(cell, 500) for cell in cells(report)]


def assert_sheet_is_inert(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert not any(cell.lstrip().startswith(tuple("=+-@\t\r＝＋－＠")) for row in rows for cell in row)
    assert len(rows) == text.count("\r\n")


def assert_markdown_is_inert(text: str, report: Report) -> None:
    assert not re.search(r"[<>]", text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`\[\]]", text)
    widths = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    tables = [table for section in report.sections for table in section.tables]
    expected = [len(table.columns) + 1 for table in tables for _ in range(len(table.rows) + 2)]
    figures = [3 for section in report.sections for _ in range(len(section.figures) + 2)]
    assert sorted(widths) == sorted(expected + figures)


def assert_json_reads_back(text: str, report: Report) -> None:
    content = json.loads(text)
    read = [
        cell for section in content["sections"] for table in section["tables"] for row in table["rows"] for cell in row
    ]
    assert read == [safe(cell) for cell in cells(report)]


@pytest.mark.parametrize("text", CHOSEN)
def test_hostile_text_stays_text_in_every_format(text: str) -> None:
    assert_inert(daily(hostile_day(text), UNTIL))


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_any_text_stays_text_in_every_format(text: str) -> None:
    assert_inert(daily(hostile_day(text), UNTIL))


@pytest.mark.shared_data
def test_naughty_strings_stay_text_in_every_format(shared_data: Path) -> None:
    for text in json.loads((shared_data / "hostile/blns/blns.json").read_text("utf-8")):
        assert_inert(daily(hostile_day(text), UNTIL))


def test_the_page_forbids_what_it_does_not_need_and_prints() -> None:
    page = FORMATS[".html"](daily(small_day(), UNTIL))
    policies = [node.attributes for node in LexborHTMLParser(page).css("meta[http-equiv]")]
    assert policies == [
        {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"}
    ]
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_page_marks_what_is_unknown() -> None:
    page = LexborHTMLParser(FORMATS[".html"](daily(hostile_day("x"), UNTIL)))
    assert {node.text() for node in page.css("dd.unknown")} == {"unknown"}


def test_json_has_numbers_and_null_for_what_is_unknown() -> None:
    content = json.loads(FORMATS[".json"](daily(small_day(), UNTIL)))
    assert {name: content[name] for name in ("schema", "report", "since", "until")} == {
        "schema": 1, "report": "daily", "since": "2027-01-15T08:00:00.000Z", "until": "2027-01-16T08:00:00.000Z",
    }  # fmt: skip
    figures = {each["label"]: each for section in content["sections"] for each in section["figures"]}
    assert figures["Availability"] == {
        "label": "Availability", "value": "99.50 %", "number": pytest.approx(99.5), "unit": "%",
    }  # fmt: skip
    empty = json.loads(FORMATS[".json"](daily(hostile_day("x"), UNTIL)))
    noise = next(each for section in empty["sections"] for each in section["figures"] if each["label"] == "Noise rate")
    assert (noise["value"], noise["number"]) == ("unknown", None)


def test_markdown_and_spreadsheet_read_as_tables() -> None:
    report = daily(small_day(), UNTIL)
    assert "| shop | 99.00 % | 14m24s | 1 | up |" in FORMATS[".md"](report)
    assert ["shop", "99.00 %", "14m24s", "1", "up"] in list(csv.reader(io.StringIO(FORMATS[".csv"](report))))
