"""Facets: each value of a column comes with the filter that finds exactly the records that have it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.change import Severity
from core.query.filters import FIELDS, compile_filter, parse
from tui.facets import any_of, facets, narrowed, terms_of
from tui.sift import at_once

NOW = 1_790_000_000.0
RECORDS: list[dict[str, Any]] = [
    {"name": "shop", "tags": ("eu", "a b"), "owner": "ops", "state": "up", "ttfb_ms": 99.9, "cert": 3.0, "sec": "A+",
     "tech": (("nginx", "1.2"), ("jQuery", None)), "severity": Severity.HIGH, "confidence": 0.9, "seen": NOW - 5,
     "at": NOW - 90_000, "transfer_bytes": 10_000, "failures": 0, "key": 'say "hi"', "type": "tls.expiring"},
    {"name": "pay or", "tags": (), "owner": None, "state": "down", "ttfb_ms": None, "cert": None, "sec": None,
     "tech": None, "severity": Severity.INFO, "confidence": 0.1, "seen": None, "at": NOW - 60, "key": "never",
     "failures": 7, "type": "tls.expiring"},
    {"name": "or", "tags": ("eu",), "owner": "*", "state": "degraded", "ttfb_ms": 3000.0, "cert": -2.0, "sec": "F",
     "tech": (("C++", ""),), "severity": Severity.LOW, "confidence": 1.0, "seen": NOW - 40 * 86_400, "at": NOW,
     "key": "a,b(c)", "type": "content.text_changed"},
]  # fmt: skip
ASKED = ("name", "tag", "owner", "state", "ttfb_ms", "cert", "sec", "tech", "severity", "confidence", "seen", "at",
         "age", "transfer_bytes", "failures", "key", "type")  # fmt: skip


@pytest.mark.parametrize("field", ASKED)
def test_each_value_is_found_by_its_own_filter_and_by_no_other_count(field: str) -> None:
    found = at_once(facets(field, RECORDS, NOW))
    assert found
    for each in found:
        passing = [record for record in RECORDS if compile_filter(parse(each.term), NOW)(record)]
        assert len(passing) == each.count, each


@pytest.mark.parametrize("field", ASKED)
def test_a_cell_finds_its_own_row(field: str) -> None:
    for record in RECORDS:
        terms = terms_of(field, record, NOW)
        assert compile_filter(parse(terms), NOW)(record), terms


@given(st.text(max_size=30))
def test_any_text_can_be_filtered_by(text: str) -> None:
    record = {"name": text}
    assert compile_filter(parse(terms_of("name", record, NOW)), NOW)(record)


def test_several_values_are_one_filter_and_go_behind_what_was_asked_before() -> None:
    assert any_of(["tag=eu"]) == "tag=eu"
    either = any_of(["tag=eu", "ttfb_ms>=1s ttfb_ms<3s"])
    assert [each["name"] for each in RECORDS if compile_filter(parse(either), NOW)(each)] == ["shop", "or"]
    assert narrowed("", "tag=eu") == "tag=eu"
    assert narrowed("up or down", "tag=eu") == "(up or down) tag=eu"
    assert narrowed("up tag=eu", "tag=eu") == "up tag=eu"
    assert parse(narrowed("down", either))


def test_every_field_has_facets() -> None:
    for field in FIELDS:
        assert isinstance(at_once(facets(field, RECORDS, NOW)), list)
