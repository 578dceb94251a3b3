"""The matcher finds what trying every rule on every value finds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.scan.technology.detect import MOST_VALUES, view
from core.scan.technology.fingerprints import Field, Fingerprint, Rule, built_in, dom_rule
from core.scan.technology.matcher import Hit, Matcher, Subject, View, search
from core.scan.technology.pattern import Pattern, parse_pattern
from tests.scan.technology.pages import naive_hits, page_of, replayed, response

MATCHER = Matcher(built_in())
LITERALS = sorted(
    {literal for each in built_in() for rule in each.rules for clause in rule.pattern.required for literal in clause}
)
with Path(__file__).with_name("snippets.toml").open("rb") as file:
    SERVED = tomllib.load(file)["snippet"]
MARKUP = [s["html"] for s in SERVED if "html" in s] + [
    f"<script>{s['script']}</script>" for s in SERVED if "script" in s
]
HEADERS = [pair for s in SERVED for pair in s.get("headers", {}).items()]

pieces = st.one_of(
    st.sampled_from(MARKUP),
    st.sampled_from(LITERALS),
    st.sampled_from(LITERALS).map(str.upper),
    st.sampled_from(LITERALS).map(lambda literal: f"<script src='{literal}'></script>"),
    st.sampled_from(LITERALS).map(lambda literal: f"<p class='{literal}' {literal}=1>"),
    st.text(max_size=12),
    st.sampled_from(["\u212a", "\u017f", "<!--", "-->", "<script>", "</script>", "<pre>", "<style>"]),
)


def one(*rules: Rule) -> Fingerprint:
    return Fingerprint("Thing", ("Things",), rules)


def ordered(hits: list[Hit]) -> list[str]:
    return sorted(map(repr, hits))


@given(st.lists(pieces, max_size=30).map(" ".join), st.lists(st.sampled_from(HEADERS), max_size=4).map(dict))
@settings(max_examples=60, deadline=None)
def test_on_generated_pages_the_hits_are_those_of_the_naive_loop(html: str, headers: dict[str, str]) -> None:
    given_response = response(html, headers)
    seen = view(given_response, page_of(given_response))
    assert ordered(MATCHER.hits(seen)) == ordered(list(naive_hits(built_in(), seen)))


@pytest.mark.shared_data
def test_on_real_pages_the_hits_are_those_of_the_naive_loop(shared_data: Path) -> None:
    for name, _, before, _ in list(replayed(shared_data))[::4]:
        seen = view(before, page_of(before))
        assert ordered(MATCHER.hits(seen)) == ordered(list(naive_hits(built_in(), seen))), name


def test_anchors_apply_to_each_script_address() -> None:
    matcher = Matcher([one(Rule(Field.SCRIPT, parse_pattern(r"^https://a\.example/lib\.js$")))])
    urls = ("https://b.example/x.js", "https://a.example/lib.js", "https://a.example/lib.js.map")
    assert [hit.value for hit in matcher.hits(View({Field.SCRIPT: urls}, {}))] == ["https://a.example/lib.js"]


def test_offsets_are_bytes_of_the_value() -> None:
    matcher = Matcher([one(Rule(Field.HTML, parse_pattern(r"needle-(\d+)\;version:\1")))])
    (hit,) = matcher.hits(View({Field.HTML: ("äöü needle-42",)}, {}))
    assert (hit.start, hit.end, hit.version) == (7, 16, "42")


def test_backtracking_expressions_give_the_same_offsets() -> None:
    found = search(r"needle-(?=4)(\d+)")(Subject("äöü NEEDLE-42"))
    assert found is not None
    assert (*found[:2], list(found[2])) == (7, 16, ["42"])


def test_only_ascii_is_folded() -> None:
    matcher = Matcher([one(Rule(Field.HTML, parse_pattern("kiosk")))])
    assert not matcher.hits(View({Field.HTML: ("\u212aio\u017f\u212a",)}, {}))
    assert matcher.hits(View({Field.HTML: ("KIOSK",)}, {}))


@pytest.mark.parametrize(
    ("selector", "part", "expression", "version"),
    [
        ("[ng-version]", "ng-version", r"^(\d+)\;version:\1", "17"),
        ("p.note, #nothing", "", "", ""),
        ("title", "text", r"Shop (\d)\;version:\1", "2"),
    ],
)
def test_selectors_are_asked_on_the_page(selector: str, part: str, expression: str, version: str) -> None:
    given_response = response("<title>Shop 2</title><p class=note ng-version='17.0'>x</p>")
    matcher = Matcher([one(dom_rule(selector, part, parse_pattern(expression)))])
    assert [hit.version for hit in matcher.hits(view(given_response, page_of(given_response)))] == [version]


def test_a_header_is_seen_whatever_its_case_and_a_value_only_in_its_own_header() -> None:
    matcher = Matcher([one(Rule(Field.HEADER, Pattern("^nginx", required=(("nginx",),)), "server"))])
    for headers, seen in (({"SERVER": "NGINX/1"}, 1), ({"via": "nginx"}, 0)):
        given_response = response("", headers)
        assert len(matcher.hits(view(given_response, None))) == seen


def test_data_blocks_are_not_scripts() -> None:
    matcher = Matcher([one(Rule(Field.INLINE, parse_pattern("needle")))])
    for kind, seen in (("", 1), ("module", 1), ("text/javascript", 1), ("application/ld+json", 0), ("text/html", 0)):
        given_response = response(f"<script type='{kind}'>needle</script>")
        assert len(matcher.hits(view(given_response, page_of(given_response)))) == seen


def test_a_page_with_endless_scripts_is_looked_at_in_part() -> None:
    matcher = Matcher([one(Rule(Field.SCRIPT, parse_pattern("needle")))])
    given_response = response("<script src=/needle.js></script>" * (MOST_VALUES + 5))
    assert len(matcher.hits(view(given_response, page_of(given_response)))) == MOST_VALUES
