"""Whether a filter lets through less than another, and whether time changes what it lets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.query.filters import compile_filter, implies, is_timed, parse
from tests.query.test_compile import CHANGE, NOW, SHOP


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("shop", "sho"), ("SHOP", "sho"), ("shop down", "shop"), ("shopping down", "shop"), ("a b c", "c a"),
        ("down", ""), ("(a or b) c", "a or b"), ("ab or bc", "b"), ("a", "a or b"), ('"a b"', '"a "'),
        ("ttfb>400 shop", "ttfb>400"), ("-down x", "-down"),
    ],
)  # fmt: skip
def test_what_was_typed_further_is_narrower(narrow: str, wide: str) -> None:
    assert implies(parse(narrow).expression, parse(wide).expression)


@pytest.mark.parametrize(
    ("one", "other"),
    [("sho", "shop"), ("-shop", "-sho"), ("a or b", "a"), ("", "a"), ("ttfb>40", "ttfb>400"), ("down", "dow")],
)
def test_what_is_not_surely_narrower_is_not(one: str, other: str) -> None:
    assert not implies(parse(one).expression, parse(other).expression)


_FILTERS = st.recursive(
    st.sampled_from(["s", "sh", "shop", "x", '"Sh"', '"Shop EU"', "down", "up", "tag:shop", "ttfb>400", "nginx"]),
    lambda inner: st.one_of(
        inner.map("-({})".format),
        st.tuples(inner, inner).map(lambda pair: "({} {})".format(*pair)),
        st.tuples(inner, inner).map(lambda pair: "({} or {})".format(*pair)),
    ),
    max_leaves=4,
)


@given(_FILTERS, _FILTERS, st.sampled_from([SHOP, CHANGE, {}]))
def test_the_wider_of_two_filters_lets_through_what_the_narrower_does(
    narrow: str, wide: str, record: dict[str, object]
) -> None:
    if implies(parse(narrow).expression, parse(wide).expression) and compile_filter(narrow, NOW)(record):
        assert compile_filter(wide, NOW)(record)


@pytest.mark.parametrize(
    ("text", "timed"),
    [("age<1h", True), ("x or -(seen:today)", True), ("down (a or due>now)", True), ("ttfb>1 cert<3d every:1h", False)],
)
def test_only_ages_and_moments_move_with_time(text: str, timed: bool) -> None:
    assert is_timed(parse(text).expression) is timed
