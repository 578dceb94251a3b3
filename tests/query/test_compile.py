"""Which records a filter picks, and that and, or and not mean what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.change import Severity
from core.query.filters import compile_filter, parse, sort_records

NOW = 1_795_442_400.0  # 2026-11-23T14:00:00Z
SHOP: dict[str, object] = {
    "name": "Shop EU",
    "url": "https://shop-eu.example/",
    "title": 'Shop "Europe" 100 %',
    "tag": ("shop", "eu"),
    "class": "own",
    "owner": "me",
    "state": "down",
    "ttfb_ms": 412.0,
    "body_bytes": 2_000_000,
    "cert": 12.5,
    "sec": "B-",
    "tech": (("nginx", "1.25.3"), ("jQuery", ""), ("OpenSSL", "1.1.1k")),
    "vuln": Severity.HIGH,
    "last_at": NOW - 30,
    "stale": True,
    "failures": 4,
}
CHANGE: dict[str, object] = {
    "target": "Shop EU",
    "tag": ("shop",),
    "type": "technology.version_changed",
    "key": "nginx",
    "before": "1.25.3",
    "after": "1.27.1",
    "severity": Severity.MEDIUM,
    "confidence": 0.9,
    "state": "confirmed",
    "at": NOW - 3600,
}


@pytest.mark.parametrize(
    "text",
    [
        "", "shop", "SHOP eu", "europe", '"Shop EU"', "~shpeu", "/shop-eu\\.ex/", "down", "stale", "-paused", "-up",
        "state:down", "state=down", "state:d*", "state!=up", "state:stale", "tag:shop", "tag:SHOP", "tag:s*",
        "tag:x,eu", "tag!=cms", "owner:me", "owner:*", "class:own,vendor", "title:100", 'title:"\\"europe"',
        'name="shop eu"', "title~^Shop", "title~(a|E)urope",
        "ttfb>400", "ttfb>400ms", "ttfb<.5s",
        "ttfb:412", "ttfb:400ms..1s", "ttfb:..412", "ttfb:412..", "ttfb:1s..400ms", "ttfb:1,412", "ttfb!=413",
        "body:2MB", "body>=1MiB", "cert<14d", "cert<14", "cert>1w", "sec<B", "sec:B-", "sec>=C", "sec:D..B",
        "sec!=A+", "tech:nginx", "tech:ng*", "tech:NGINX@1.25", "tech:nginx@<1.27.1", "tech:nginx@>=1.25.3",
        "tech:nginx@1.25.*", "tech:nginx@=1.25.3", "tech:jquery", "tech~^jq", "tech:openssl@>1.1.1",
        "vuln:high", "vuln>med", "vuln:medium..crit", "age<1m", "seen:today", "seen:-1m", "failures>=4",
        "load:never", "due:never", "ttfb!=never", "-load>0", "-load!=5", "load:never,5",
    ],
)  # fmt: skip
def test_the_target_is_picked(text: str) -> None:
    assert compile_filter(text, NOW)(SHOP)


@pytest.mark.parametrize(
    "text",
    [
        "cms", '"shop eu"', "~ue-pohs", "/shop-us/", "up", "-down", "-stale", "state:up", "state!=down", "tag:sho",
        "tag!=shop", "owner:m", "class:competitor", "title=shop", 'title:"1*"', "ttfb>412", "ttfb:..411", "ttfb!=412",
        "ttfb<400ms", "load>0", "load!=5", "load:0", "cert>13d", "sec>B", "sec:A", "tech:nginx@>=1.27.1",
        "tech:jquery@<9", "tech:jquery@*", "tech:nginx@1.2", "tech:caddy", "vuln:low", "vuln>high", "age>1m",
        "seen:yesterday", "seen<-1m", "ttfb:never", "paused", "firing", "tech:nginx@=1.25",
    ],
)  # fmt: skip
def test_the_target_is_not_picked(text: str) -> None:
    assert not compile_filter(text, NOW)(SHOP)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("type:technology.* severity>=medium tag:shop", True),
        ("type:technology_version_changed", True),
        ("type=technology_version_changed", True),
        ("type:version", True),
        ("changed:technology.*", True),
        ("type:technology.added", False),
        ("type!=technology.added,technology.removed", True),
        ("conf>=.9", True),
        ("conf>90%", False),
        ("sev:med", True),
        ("sev:warning", True),
        ("nginx", True),
        ("1.27", True),
        ("site:shop", True),
        ("at:-2h", True),
        ("at:-30m", False),
        ("at>-2h", True),
        ("at:2026-11-23", True),
        ("at:2026-11-23T13:00", True),
        ("at>2026-11-22", True),
        ("at>2026-11-23", False),
        ("at<=2026-11-23", True),
        ("at<2026-11-23", False),
        ("at:2026-11-01..today", True),
        ("at:-2h..-30m", True),
        ("age>59m age<61m", True),
        ("verdict:real", False),
        ("-verdict:real", True),
        ("confirmed", True),
        ("before:1.25.*", True),
    ],
)
def test_changes_are_picked_by_type_severity_and_time(text: str, picked: bool) -> None:
    assert compile_filter(text, NOW)(CHANGE) is picked


def test_a_bare_state_finds_the_change_into_that_state() -> None:
    assert compile_filter("down", NOW)({"type": "availability.down", "state": "confirmed"})


def test_a_paused_target_is_in_state_paused_whatever_its_last_looks_said() -> None:
    assert compile_filter("state:paused", NOW)({"state": "up", "paused": True})


def test_no_pattern_is_slow_and_no_text_is_too_odd() -> None:
    record = {"name": "a" * 5000 + "\ud800"}
    assert not compile_filter("name~(a+)+$ or name:*a*a*a*a*a*b", NOW)(record)
    assert compile_filter("/a/", NOW)(record)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("/^nginx$/", True),
        ("/^ginx/", False),
        ("/europe[^x]*nginx/", False),
        ("/europe\\snginx/", False),
        ("~eunx", False),
    ],
)
def test_a_bare_pattern_looks_at_each_text_alone(text: str, picked: bool) -> None:
    assert compile_filter(text, NOW)({"title": "Shop Europe", "key": "nginx", "tag": ("eu", "nx")}) is picked


def test_records_are_sorted_with_the_unknown_last() -> None:
    records = [{"name": "b", "ttfb_ms": 2.0}, {"name": "c"}, {"name": "A", "ttfb_ms": 9.0}, {"name": "d", "ttfb_ms": 2}]
    names = lambda text: [record["name"] for record in sort_records(parse(text), records)]  # noqa: E731
    assert names("sort:ttfb-") == ["A", "b", "d", "c"]
    assert names("sort:ttfb") == ["b", "d", "A", "c"]
    assert names("sort:ttfb,name-") == ["d", "b", "A", "c"]
    assert names("sort:name") == ["A", "b", "c", "d"]


def test_sorting_by_state_ranks_the_alarming_highest() -> None:
    records = [{"state": each} for each in ("up", "down", "paused", "degraded")]
    ordered = sort_records(parse("sort:state-"), records)
    assert [record["state"] for record in ordered] == ["down", "degraded", "up", "paused"]


_TERMS = st.sampled_from(
    ["shop", "down", "up", "tag:shop", "tag!=x", "load>0", "load!=5", "ttfb>400", "sec<B", "vuln:low", "owner:me"]
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


@given(_FILTERS, _FILTERS, st.sampled_from([SHOP, CHANGE, {}]))
def test_and_or_and_not_obey_their_laws(first: str, second: str, record: dict[str, object]) -> None:
    def holds(text: str) -> bool:
        return compile_filter(text, NOW)(record)

    assert holds(f"-({first})") is not holds(first)
    assert holds(f"{first} {second}") is (holds(first) and holds(second))
    assert holds(f"{first} or {second}") is (holds(first) or holds(second))
    assert holds(f"-({first} {second})") is holds(f"-({first}) or -({second})")
    assert holds(str(parse(first))) is holds(first)


@given(st.dictionaries(st.sampled_from(sorted(SHOP)), st.none() | st.text() | st.floats() | st.booleans()))
def test_a_record_of_any_shape_is_tested_without_a_fault(record: dict[str, object]) -> None:
    for text in ("ttfb>1 or cert<3d or age<1h", "vuln:high or sec:A", "shop or down or tag:x or tech:nginx@<2"):
        assert compile_filter(text, NOW)(record) in (True, False)
