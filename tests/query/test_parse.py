"""What is a filter and what is not, and where the error points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryError
from core.query.filters import Query, parse
from core.query.syntax import And, Comparison, Fuzzy, Literal, Not, Or, Phrase, Regex, Span, State, Versioned, Word


@pytest.mark.parametrize(
    "text",
    [
        "down tag:shop",
        "ttfb>400ms -state:paused",
        "cert<14d or sec:F",
        "tech:nginx@<1.27.1",
        "changed:security.* age<24h conf>=.9",
        "vuln:high",
        "owner:me unacked",
        "sort:ttfb- group:tag",
        "type:technology.* severity>=medium tag:shop",
        "class:competitor",
        "sev>=low -type:performance.anomaly",
        "not (down or degraded) tag:a,b",
        "title~^404 /nginx 1\\.2[0-9]/",
        'name:"Shop EU" ~shpeu',
        "at:-1h state!=suppressed,inconclusive",
        "ttfb:100ms..400ms cert:never",
        "tech:'x' shop-eu.example:8443 https://shop.example/a?b=c",
        "ttfb > 400 size<=2MB conf<90%",
        "",
        "   ",
    ],
)
def test_the_documented_filters_are_read(text: str) -> None:
    query = parse(text)
    assert parse(str(query)).expression == query.expression


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a b or c", Or((And((Word("a"), Word("b"))), Word("c")))),
        ("a and b", And((Word("a"), Word("b")))),
        ("a (b or c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("-down", Not(State("down"))),
        ("not not x", Not(Not(Word("x")))),
        ("unacked", State("firing")),
        ("Android", Word("Android")),
        ('"or"', Phrase("or")),
        (r'"a \"b\" \\"', Phrase('a "b" \\')),
        ("~shp", Fuzzy("shp")),
        (r"/a\/b\.c/", Regex(r"a/b\.c")),
        ("ttfb>=400ms", Comparison("ttfb_ms", ">=", (Literal("400ms"),))),
        ("tag:a,b*", Comparison("tag", ":", (Literal("a"), Literal("b*")))),
        ("cert:7d..", Comparison("cert", ":", (Span(Literal("7d"), None),))),
        ("title:a..b", Comparison("title", ":", (Literal("a..b"),))),
        (
            'tech:"Google Analytics"@>=4',
            Comparison("tech", ":", (Versioned(Literal("Google Analytics", True), ">=", "4"),)),
        ),
        ("(title~(a|b))", Comparison("title", "~", (Literal("(a|b)"),))),
    ],
)
def test_text_becomes_this_tree(text: str, expression: object) -> None:
    assert parse(text).expression == expression


def test_sort_and_group_say_how_to_show_and_match_everything() -> None:
    query = parse("sort:state-,ttfb group:tag down")
    assert [str(key) for key in query.sort] == ["sort:state-", "sort:ttfb_ms"]
    assert query.group == "tag"
    assert query.expression == State("down")


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("tag:shop ttfbb>400", 9, "did you mean 'ttfb'"),
        ("ttfb>fast", 5, "'fast' is not a duration"),
        ("ttfb>", 5, "a value should stand here"),
        ("(down", 0, "never closed"),
        ("down)", 4, "never opened"),
        ("down or", 7, "a term should stand here"),
        ("or down", 0, "a term should stand here"),
        ("down and", 8, "a term should stand here"),
        ("a or sort:ttfb", 14, "no alternatives"),
        ("()", 1, "a term should stand here"),
        ("-", 1, "a term should stand here"),
        ("a >5", 0, "unknown field 'a'"),
        ('"open', 0, "never closed"),
        ("/open", 0, "never closed"),
        ("/srv/app.db", 5, "quote a path"),
        ("/(/", 0, "RE2 does not take this pattern"),
        ("title~(", 6, "RE2 does not take"),
        ("title>5", 5, "cannot be compared with '>'"),
        ("ttfb~5", 4, "cannot be compared with '~'"),
        ("ttfb>1,2", 6, "takes one value"),
        ("ttfb>1..2", 5, "a range goes with"),
        ("ttfb>never", 5, "'never' goes with"),
        ("state:dwon", 6, "did you mean 'down'"),
        ("class:foe", 6, "'foe' is not a class"),
        ("sev>=awful", 5, "is not a severity"),
        ("sec:G", 4, "is not a grade"),
        ("at>2026-13-01", 3, "is not a time"),
        ("type:technlogy.added", 5, "did you mean 'technology.added'"),
        ("type:nothing.*", 5, "no change type matches"),
        ("tech:nginx@<", 12, "a version should stand here"),
        ("(sort:ttfb)", 1, "outside parentheses"),
        ("-sort:ttfb", 1, "outside parentheses"),
        ("sort:nothing", 5, "unknown field 'nothing'"),
        ("(" * 60, 40, "levels deep"),
        ("x" * 5000, 4000, "at most 4000 characters"),
    ],
)
def test_an_error_points_at_the_character(text: str, position: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert says in str(caught.value)


def test_an_error_shows_the_text_with_a_caret_and_what_was_expected() -> None:
    with pytest.raises(QueryError) as caught:
        parse("店 ttfbb>400")
    assert str(caught.value).splitlines() == [
        "unknown field 'ttfbb'; did you mean 'ttfb'?",
        "  店 ttfbb>400",
        "     ^",
        "expected: ttfb",
    ]


def test_a_field_that_these_records_do_not_have_is_refused() -> None:
    assert parse("attempts>3", kind="deliveries")
    with pytest.raises(QueryError, match="targets have no field 'attempts'"):
        parse("attempts>3", kind="targets")


_FRAGMENTS = st.sampled_from(
    [
        "(", ")", "-", "not", "or", "and", "~", "/", '"', ":", "=", "!=", ">", ">=", "<", "<=", "..", ",", "@", "ttfb",
        "tag", "tech", "state", "sec", "cert", "type", "at", "age", "conf", "sort:", "group:x", "down", "400ms", "2MB",
        "99.9%", "-1h", "today", "never", "nginx", "1.27.1", "a*", "?", "\\", "\\/", "\x00", "\x1b", "店", "*", "[",
        "technology_added",
    ]
)  # fmt: skip


def read_or_refused(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError as error:
        if not 0 <= error.position <= len(text):
            raise
        return None


@given(st.lists(_FRAGMENTS).map("".join) | st.lists(_FRAGMENTS).map(" ".join) | st.text(st.characters()))
def test_any_text_is_read_or_refused_and_what_is_read_prints_to_itself(text: str) -> None:
    query = read_or_refused(text)
    if query is not None:
        again = parse(str(query))
        assert (again.expression, again.sort, again.group) == (query.expression, query.sort, query.group)
