"""Patterns: their notation, their versions, and the literals they require."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.scan.technology.literals import required_literals, selector_literals
from core.scan.technology.pattern import bound, parse_pattern, version_of


def test_tags_follow_the_expression() -> None:
    pattern = parse_pattern(r"jquery-(\d+)\.js\;version:\1\;confidence:50")
    assert (pattern.expression, pattern.version, pattern.confidence) == (r"jquery-(\d{1,250})\.js", r"\1", 50)


@pytest.mark.parametrize("text", ["(", "[a", r"a\;confidence:101", r"a\;confidence:x", r"a\;colour:red", r"a\;version"])
def test_a_pattern_that_cannot_be_read_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_pattern(text)


@pytest.mark.parametrize(
    ("expression", "bounded"),
    [
        ("a*b+", "a{0,250}b{1,250}"),
        (r"\*\+[*+]", r"\*\+[*+]"),
        ("a*?(b)+?", "a{0,250}?(b){1,250}?"),
        (r"[\]*]+", r"[\]*]{1,250}"),
        ("[[a]", r"[\[a]"),
    ],
)
def test_repetition_is_bounded(expression: str, bounded: str) -> None:
    assert bound(expression) == bounded


@pytest.mark.parametrize(
    ("template", "groups", "version"),
    [
        (r"\1", ["3.7.1"], "3.7.1"),
        (r"\1.\2", ["3", "7"], "3.7"),
        (r"\1?next:old", ["x"], "next"),
        (r"\1?next:old", [None], "old"),
        (r"\1?next:", [None], ""),
        (r"\1?\1:\2", [None, "2"], "2"),
        (r"\1", [None], ""),
        (r"\3", ["1"], ""),
        ("4", [], "4"),
        (r"\1", ["1700000000"], ""),
        (r"\1", ["1.2.3-alpha.20240101"], ""),
    ],
)
def test_versions_are_filled_in(template: str, groups: list[str | None], version: str) -> None:
    assert version_of(template, groups) == version


@pytest.mark.parametrize(
    ("expression", "clauses"),
    [
        (r"jquery-\d+\.js", [("jquery-",), (".js",)]),
        (r"(?:jquery|zepto)\.cookie", [("jquery", "zepto"), (".cookie",)]),
        (r"(?:jquery|x)?abc", [("abc",)]),
        (r"(?:abc){2}def", [("abc",), ("def",)]),
        (r"ab(?:cd)+ef?gh", [("abcd",)]),
        (r"^abc\bdef$", [("abcdef",)]),
        (r"abc(?!def)ghi", [("abcghi",)]),
        (r"ABCdef", [("abcdef",)]),
        (r"ab\d|cd\d", []),
        (r"a.b.c", []),
        (r"Raphaël-chart", [("l-chart",), ("rapha",)]),
    ],
)
def test_required_literals_are_found(expression: str, clauses: list[tuple[str, ...]]) -> None:
    assert sorted(required_literals(expression)) == sorted(clauses)


def test_the_rarest_literal_comes_first() -> None:
    assert required_literals(r'<script[^>]{1,250}src="[^"]{1,99}wistia')[0] == ("wistia",)


EXPRESSIONS = [
    r"jquery[.-](\d+\.\d+)(?:\.slim)?(?:\.min)?\.js",
    r"(?:alpha|beta(?:gamma|delta))+[xyz]omega",
    r"(?:one|two|three){2,3}-(?:four)?five{2}",
    r"(?:(?:abc|abd)e|abf)\.gh(?:i|jkl)*mno",
    r"a(?:bcd(?:efg)?)+hij|klm(?:nop){2}",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_matches_holds_what_is_required(expression: str, data: st.DataObject) -> None:
    flags = re.IGNORECASE | re.ASCII
    text = data.draw(st.from_regex(re.compile(expression, flags), fullmatch=True)).lower()
    clauses = required_literals(expression)
    assert clauses
    assert all(any(literal in text for literal in clause) for clause in clauses)


@pytest.mark.parametrize(
    ("selector", "clauses"),
    [
        ("a[href*='shop.example']", [("shop.example",), ("href",)]),
        ("#__next", [("__next",)]),
        ("div.alpha > p.beta", [("alpha",), ("beta",), ("div",)]),
        ("[data-one], [data-two]", [("data-one", "data-two")]),
        ("[data-one], p", []),
        ("main:not(.gone) img[alt='a, b']", [("main",), ("img",), ("alt",), ("a, b",)]),
        (r".md\:flex", []),
        ("a[title='x & y z']", [("title",)]),
    ],
)
def test_selectors_require_names_and_values(selector: str, clauses: list[tuple[str, ...]]) -> None:
    assert sorted(selector_literals(selector)) == sorted(clauses)
