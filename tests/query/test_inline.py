"""What a filter over targets' records answers as one expression is what it answers part by part."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import QueryError
from core.model.record import ATTRIBUTES, TargetRecord
from core.model.scan import METRICS
from core.model.target import Profile, Status, TargetClass
from core.query.fields import ALIASES, FIELDS, GRADES, STATE_ALIASES, STATES, TARGETS
from core.query.filters import compile_filter, compile_target_filter, parse

NOW = 1_795_442_400.0  # 2026-11-23T14:00:00Z
TEXTS = st.sampled_from(["", "shop", "Shop EU", "ΑΣ", "ας", "pay\nroll", "\ud800", "İx", 'a "b"', "blog-7"]) | st.text(
    max_size=6
)
NUMBERS = st.none() | st.sampled_from([0.0, 0.5, 400.0, 412.0, -3.0, 1e300]) | st.floats()
MOMENTS = st.none() | st.sampled_from([0.0, NOW, NOW - 30, NOW - 3600, NOW - 86_400, NOW + 60, NOW - NOW % 86_400])
COUNTS = st.integers(0, 5) | st.integers()
RECORDS = st.builds(
    TargetRecord,
    target_id=st.integers(1, 99),
    uuid=st.sampled_from(["0198-a", "0198-B"]),
    name=TEXTS,
    url=TEXTS,
    kind=st.sampled_from(["website", "WEBSITE"]),
    every=st.none() | st.sampled_from([60, 3600, 86_400]),
    target_class=st.sampled_from(TargetClass) | st.just("own"),
    owner=st.sampled_from(["", "ops", "Ops", "me"]),
    profile=st.sampled_from(Profile) | st.just("normal"),
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    origin=st.sampled_from(["file", "console"]),
    paused=st.booleans(),
    status=st.sampled_from(Status) | st.sampled_from(STATES),
    state=st.sampled_from(["paused", *Status]) | st.sampled_from(STATES),
    title=TEXTS,
    sec=st.sampled_from(["", "a+", "x", *GRADES]),
    cert_not_after=MOMENTS,
    tech=st.lists(
        st.tuples(st.sampled_from(["nginx", "jQuery"]), st.sampled_from(["", "1.25.3", "1.9", "v2"])), max_size=2
    ).map(tuple),
    **dict.fromkeys(METRICS, NUMBERS),
    last_at=MOMENTS | st.floats(),
    added_at=st.just(NOW),
    changed_at=MOMENTS,
    next_due=MOMENTS,
    scans=COUNTS,
    failures=COUNTS,
    cert=NUMBERS,
)

_FIELDS = [name for name in (*FIELDS, *ALIASES) if TARGETS in (FIELDS.get(name) or FIELDS[ALIASES[name]]).kinds]
_VALUES = st.sampled_from(
    ["0", "1", "5", "400", "412", "400ms", ".5s", "1h", "3d", "2MB", "90%", "never", "today", "yesterday", "now",
     "-1h", "2026-11-23", "2026-11-23T13:59", "..400", "400..", "1..5", "5..1", "-1d..now", "B", "A+", "F..B", "high",
     "low..crit", "shop", "SHOP", "sh*", "*", "?hop", '"Shop EU"', '""', '"never"', "ας", "up", "down", "paused", "d*",
     "ops", "own", "fast", "website", "file", "T-7", "0198-b", "nginx", "ng*", "nginx@<1.27.1", "nginx@1.25",
     "jquery@*", "nginx@=1.9", "technology.*", "availability.down", "1,412", "never,5", "shop,eu", "up,down"]
)  # fmt: skip
_OPERATORS = st.sampled_from([":", "=", "!=", ">", ">=", "<", "<="])
_TERMS = st.one_of(
    st.tuples(st.sampled_from(_FIELDS), _OPERATORS, _VALUES).map("".join),
    st.tuples(st.sampled_from(_FIELDS), st.sampled_from(["shop", "^S", "(a|E)u", "o$", "\\d"])).map("~".join),
    st.sampled_from([*STATES, *STATE_ALIASES]),
    st.sampled_from(["shop", "SHOP", "ας", "ΑΣ", "eu", '"Shop EU"', '""', '"pay\nroll"', "~sop", "~ue", "/^shop$/"]),
    st.sampled_from(["/y.*l/", "/(?-i)Sh/", "/^$/", "x", "'", "\\", "sort:name-", "group:tag"]),
)
_FILTERS = st.recursive(
    _TERMS,
    lambda inner: st.one_of(
        inner.map("-({})".format),
        st.tuples(inner, inner).map(lambda pair: "({} {})".format(*pair)),
        st.tuples(inner, inner).map(lambda pair: "({} or {})".format(*pair)),
    ),
    max_leaves=6,
)
PLAIN = TargetRecord(
    7, "0198-a", "shop", "https://shop.test/", "website", 60, "own", "ops", "normal", ("eu",), "file", False, "up",
    "up", "Shop", "A", NOW + 86_400, (("nginx", "1.25.3"),), 1.0, 2.0, 3.0, 412.0, 5.0, 600.0, 0, 0, NOW - 30, NOW,
    None, NOW + 30, 9, 0, 1.0,
)  # fmt: skip


@given(_FILTERS, st.lists(RECORDS, min_size=1, max_size=8))
@example("ttfb!=never", [PLAIN])
@example("failures=0 body:0 -last:never", [PLAIN])
def test_both_ways_to_test_a_target_agree(text: str, records: list[TargetRecord]) -> None:
    try:
        query = parse(text, TARGETS)
    except QueryError:
        return
    plainly, quickly = compile_filter(query, NOW), compile_target_filter(query, NOW)
    for record in records:
        expected = plainly(dict(record))
        assert quickly(record) is expected
        assert quickly(record) is expected, "what a search keeps of a record does not change its answer"
        assert plainly(record) is expected, "a record is a mapping too"


@pytest.mark.parametrize("text", ["", "-" * 39 + "shop", "(" * 39 + "down" + ")" * 39, " or ".join(["ttfb>1"] * 400)])
def test_the_longest_and_deepest_filters_are_one_expression_too(text: str) -> None:
    query = parse(text, TARGETS)
    assert compile_target_filter(query, NOW)(PLAIN) is compile_filter(query, NOW)(PLAIN)


def test_nothing_that_is_typed_becomes_code() -> None:
    for text in ("__import__", '"\\") or __import__(\\"os\\") or (\\""', "name:1or'True'", "tag:'+repr+'"):
        assert compile_target_filter(parse(text, TARGETS), NOW)(PLAIN) is False


def test_a_record_is_a_mapping_of_what_filters_ask() -> None:
    record: dict[str, Any] = dict(PLAIN)
    assert record["id"] == "T-7"
    assert record["class"] == "own"
    assert len(record) == len(PLAIN) == len(fields(TargetRecord))
    assert "searched" not in record
    assert PLAIN.get("no such thing") is None
    assert set(ATTRIBUTES) == set(record)
