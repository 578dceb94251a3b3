"""Each change type comes from exactly its difference, and from nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.detect.compare import compare
from core.detect.detectors import DETECTORS
from core.model.change import Change, ChangeState, Severity
from core.model.scan import Fact
from core.model.target import SCANNER_NAMES
from tests.detect.looks import NOW, TARGET, fact, page, without


def between(before: tuple[Fact, ...], after: tuple[Fact, ...]) -> list[Change]:
    return compare(before, after, SCANNER_NAMES, NOW, TARGET)


def reported(changes: list[Change]) -> list[Change]:
    return [each for each in changes if each.state is ChangeState.CONFIRMED]


CERTIFICATE = (
    fact("certificate fingerprint", "aa"),
    fact("certificate issuer", "CN=R10,O=Let's Encrypt"),
    fact("certificate san", "shop.example, www.shop.example"),
    fact("tls protocol", "TLSv1.3"),
)
FORM = fact("form post https://shop.example/login 0", "password password, user text")

# (type, key, severity, facts before, facts after), each beside the same page.
CASES = [
    ("technology.added", "PHP", "low", (), (fact("technology PHP", "8.2.7"),)),
    ("technology.removed", "PHP", "medium", (fact("technology PHP", "8.2.7"),), ()),
    ("technology.version_changed", "PHP", "medium", (fact("technology PHP", "7.4"),), (fact("technology PHP", "8.2"),)),
    ("technology.version_changed", "PHP", "low", (fact("technology PHP", "8.1"),), (fact("technology PHP", "8.2"),)),
    (
        "technology.version_changed",
        "PHP",
        "medium",
        (fact("technology PHP", "8.10"),),
        (fact("technology PHP", "8.9"),),
    ),
    ("technology.version_hidden", "PHP", "low", (fact("technology PHP", "8.1"),), (fact("technology PHP"),)),
    ("technology.version_revealed", "PHP", "low", (fact("technology PHP"),), (fact("technology PHP", "8.1"),)),
    ("security.header_added", "x-frame-options", "info", (), (fact("header x-frame-options", "DENY"),)),
    ("security.header_removed", "x-frame-options", "high", (fact("header x-frame-options", "DENY"),), ()),
    ("security.header_removed", "nel", "low", (fact("header nel", "{}"),), ()),
    (
        "security.header_weakened",
        "x-frame-options",
        "high",
        (fact("header x-frame-options", "DENY"),),
        (fact("header x-frame-options", "SAMEORIGIN"),),
    ),
    ("security.header_changed", "nel", "low", (fact("header nel", "{}"),), (fact("header nel", "{1}"),)),
    ("security.grade_changed", "grade", "medium", (fact("security grade", "B"),), (fact("security grade", "C"),)),
    ("security.grade_changed", "grade", "high", (fact("security grade", "A"),), (fact("security grade", "C"),)),
    ("security.grade_changed", "grade", "high", (fact("security grade", "C"),), (fact("security grade", "F"),)),
    ("security.grade_changed", "grade", "info", (fact("security grade", "C"),), (fact("security grade", "A+"),)),
    (
        "security.cookie_weakened",
        "sid",
        "medium",
        (fact("cookie sid", "HttpOnly; SameSite=Lax; Secure"),),
        (fact("cookie sid", "SameSite=Lax; Secure"),),
    ),
    (
        "security.cookie_weakened",
        "sid",
        "medium",
        (fact("cookie sid", "SameSite=Strict"),),
        (fact("cookie sid", "Secure"),),
    ),
    ("tls.certificate_changed", "fingerprint", "info", CERTIFICATE, (fact("certificate fingerprint", "bb"),)),
    ("tls.issuer_changed", "issuer", "medium", CERTIFICATE, (fact("certificate issuer", "CN=Other"),)),
    (
        "tls.issuer_changed",
        "issuer",
        "high",
        (*CERTIFICATE, fact("certificate subject", "CN=me")),
        (fact("certificate issuer", "CN=me"), fact("certificate subject", "CN=me")),
    ),
    ("tls.san_lost", "san", "medium", CERTIFICATE, (fact("certificate san", "shop.example"),)),
    ("tls.protocol_weakened", "protocol", "high", CERTIFICATE, (fact("tls protocol", "TLSv1.2"),)),
    ("content.title_changed", "title", "low", (fact("page title", "Shop"),), (fact("page title", "Shop!"),)),
    ("content.status_changed", "status", "low", (fact("page status", "200"),), (fact("page status", "203"),)),
    ("content.status_changed", "status", "high", (fact("page status", "200"),), (fact("page status", "404"),)),
    ("content.status_changed", "status", "info", (fact("page status", "404"),), (fact("page status", "200"),)),
    (
        "content.content_type_changed",
        "content_type",
        "medium",
        (),
        (fact("page content_type", "text/html; charset=iso-8859-1"),),
    ),
    (
        "content.redirect_changed",
        "redirects",
        "medium",
        (),
        (fact("page redirects", "301 http://shop.example/ -> 200 https://shop.example/"),),
    ),
    (
        "content.redirect_changed",
        "redirects",
        "high",
        (fact("page redirects", "301 http://shop.example/ -> 200 https://shop.example/"),),
        (fact("page redirects", "301 http://shop.example/ -> 200 https://evil.test/"),),
    ),
    (
        "content.redirect_changed",
        "https_redirect",
        "high",
        (fact("security https_redirect", "yes"),),
        (fact("security https_redirect", "no"),),
    ),
    ("content.redirect_changed", "https_redirect", "medium", (fact("security https_redirect", "no"),), ()),
    ("content.meta_changed", "description", "low", (), (fact("meta description", "Buy here"),)),
    ("content.meta_changed", "description", "low", (fact("meta description", "Buy"),), ()),
    ("content.meta_changed", "og:title", "low", (fact("meta og:title", "A"),), (fact("meta og:title", "B"),)),
    ("content.meta_changed", "viewport", "info", (), (fact("meta viewport", "width=device-width"),)),
    ("content.meta_changed", "robots", "high", (), (fact("meta robots", "noindex"),)),
    ("content.meta_changed", "canonical", "low", (), (fact("page canonical", "https://shop.example/"),)),
    ("content.text_changed", "", "low", (fact("text x", "Opening hours nine to five"),), ()),
    ("content.headings_changed", "", "low", (), (fact("heading h2:x", "News of the week"),)),
    ("content.inline_script_changed", "", "low", (fact("inline_script x", "a=1"),), (fact("inline_script y", "a=2"),)),
    ("content.script_added", "https://shop.example/b.js", "medium", (), (fact("script https://shop.example/b.js"),)),
    ("content.script_added", "https://cdn.test/b.js", "high", (), (fact("script https://cdn.test/b.js"),)),
    (
        "content.script_added",
        "https://cdn.test/b.js",
        "medium",
        (fact("script https://cdn.test/a.js"),),
        (fact("script https://cdn.test/a.js"), fact("script https://cdn.test/b.js")),
    ),
    ("content.script_removed", "https://shop.example/b.js", "low", (fact("script https://shop.example/b.js"),), ()),
    (
        "content.stylesheet_added",
        "https://shop.example/b.css",
        "low",
        (),
        (fact("stylesheet https://shop.example/b.css"),),
    ),
    (
        "content.stylesheet_removed",
        "https://shop.example/b.css",
        "low",
        (fact("stylesheet https://shop.example/b.css"),),
        (),
    ),
    ("content.link_added", "https://shop.example/b", "info", (), (fact("link https://shop.example/b", "B"),)),
    ("content.link_added", "https://shop.example/rss", "info", (), (fact("feed https://shop.example/rss", "News"),)),
    ("content.link_removed", "https://shop.example/b", "info", (fact("link https://shop.example/b", "B"),), ()),
    ("content.image_added", "https://shop.example/b.png", "info", (), (fact("image https://shop.example/b.png"),)),
    ("content.image_removed", "https://shop.example/b.png", "info", (fact("image https://shop.example/b.png"),), ()),
    ("content.form_changed", "post https://shop.example/login 0", "medium", (), (FORM,)),
    ("content.form_changed", "post https://shop.example/login 0", "medium", (FORM,), ()),
    (
        "content.form_changed",
        "post https://shop.example/login 0",
        "medium",
        (FORM,),
        (fact("form post https://shop.example/login 0", "user text"),),
    ),
    (
        "content.form_changed",
        "post https://evil.test/login 0",
        "high",
        (FORM,),
        (fact("form post https://evil.test/login 0", FORM.value),),
    ),
    ("infrastructure.ip_changed", "A", "low", (), (fact("dns A", "198.51.100.1"),)),
    ("infrastructure.dns_changed", "NS", "high", (), (fact("dns NS", "ns1.other"),)),
    ("infrastructure.dns_changed", "MX", "medium", (fact("dns MX", "10 mx1"),), (fact("dns MX", "10 mx2"),)),
    ("infrastructure.dns_changed", "TXT", "low", (fact("dns TXT", "v=spf1"),), (fact("dns TXT", "v=spf2"),)),
    (
        "infrastructure.server_changed",
        "server",
        "low",
        (fact("infrastructure server", "nginx"),),
        (fact("infrastructure server", "Apache"),),
    ),
    ("infrastructure.server_changed", "server", "low", (), (fact("header server", "Apache"),)),
    ("infrastructure.cdn_changed", "cdn", "medium", (), (fact("infrastructure cdn", "Fastly"),)),
    (
        "infrastructure.hosting_changed",
        "hosting",
        "medium",
        (fact("infrastructure hosting", "Hetzner"),),
        (fact("infrastructure hosting", "AWS"),),
    ),
]


@pytest.mark.parametrize(("name", "key", "severity", "before", "after"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_a_difference_gives_exactly_its_change(
    name: str, key: str, severity: str, before: tuple[Fact, ...], after: tuple[Fact, ...]
) -> None:
    inherited = [each for each in before if each.kind in ("certificate", "tls")]
    after = (*(each for each in inherited if (each.kind, each.key) not in {(f.kind, f.key) for f in after}), *after)
    changes = between(page(*before), page(*after))
    assert [(each.type, each.key, each.severity.word) for each in changes] == [(name, key, severity)]
    assert changes[0].state is ChangeState.CONFIRMED
    assert {each.step for each in changes[0].reasons} == {"detect", "severity", "confidence"}


# Differences that are none, or noise: (facts before, facts after, reason that a suppressed change names or None).
CALM = [
    ((fact("cookie sid", "HttpOnly"),), (), None),
    ((fact("cookie sid", "Secure"),), (fact("cookie sid", "HttpOnly; Secure"),), None),
    ((fact("header x-powered-by", "PHP/8"),), (), None),
    ((fact("link https://shop.example/b", "B"),), (fact("link https://shop.example/b", "Bee"),), None),
    ((fact("tls protocol", "TLSv1.2"),), (fact("tls protocol", "TLSv1.3"),), None),
    ((fact("tls protocol", "TLSv1.2"),), (), None),
    ((fact("tls cipher", "A"),), (fact("tls cipher", "B"),), None),
    ((fact("certificate san", "a.shop.example"),), (fact("certificate san", "*.shop.example"),), None),
    ((fact("page charset", "utf-8"),), (fact("page charset", "UTF-8"),), None),
    ((fact("dns MX", "10 mx1"),), (), None),
    ((fact("dns A", "192.0.2.1\n192.0.2.2"),), (fact("dns A", "192.0.2.2\n198.51.100.7"),), "some are still the same"),
    ((fact("dns A", "192.0.2.1"),), (fact("dns A", "192.0.2.9"),), "within one network"),
    (
        (fact("dns AAAA", "2001:db8:1::1"), fact("infrastructure cdn", "Fastly")),
        (fact("dns AAAA", "2001:db8:9::1"), fact("infrastructure cdn", "Fastly")),
        "the same content network, Fastly",
    ),
    ((fact("dns A", "nonsense"),), (fact("dns A", "nonsense\nmore"),), "some are still the same"),
    (
        (fact("text x", "one two three"), fact("text y", "four five")),
        (fact("text z", "one two"), fact("text w", "three four five")),
        "re-flow",
    ),
    ((fact("text x", "Sponsored: buy shoes"),), (fact("text y", "Sponsored: get hats"),), "advertising blocks"),
    ((fact("page title", "Shop"),), (fact("page title", " Shop  "),), "only white space differs"),
    ((), (fact("image https://ads.example/creative.png"),), "an advertiser's address"),
    ((fact("meta csrf", "aaa", stable="x"),), (fact("meta csrf", "bbb", stable="x"),), "only volatile parts differ"),
    ((fact("text x", "at 10:00", "at"),), (fact("text x", "at 11:00", "at"),), "only volatile parts differ"),
    ((fact("page title", "a", "x"),), (fact("page title", "b", "x"),), "only volatile parts differ"),
    ((fact("header nel", "a", "x"),), (fact("header nel", "b", "x"),), "only volatile parts differ"),
    ((fact("header x-other", "a", "x"),), (fact("header x-other", "b", "x"),), None),
    ((fact("page language", "a", "x"),), (fact("page language", "b", "x"),), None),
]


@pytest.mark.parametrize(("before", "after", "because"), CALM, ids=[str(i) for i in range(len(CALM))])
def test_noise_is_no_change_or_says_that_it_is_noise(
    before: tuple[Fact, ...], after: tuple[Fact, ...], because: str | None
) -> None:
    changes = between(page(*before), page(*after))
    assert reported(changes) == []
    if because is None:
        assert changes == []
    else:
        assert [each for change in changes for each in change.reasons if because in each.because]


def test_another_price_is_a_change() -> None:
    before, after = page(fact("text x", "Shoes 99 €")), page(fact("text y", "Shoes 89 €"))
    assert [each.type for each in reported(between(before, after))] == ["content.text_changed"]


def test_addresses_and_urls_that_cannot_be_read_are_compared_as_they_are() -> None:
    changes = between(page(fact("dns A", "nonsense")), page(fact("dns A", "192.0.2.1")))
    assert [(each.type, each.state) for each in changes] == [("infrastructure.ip_changed", ChangeState.CONFIRMED)]
    [added] = between(page(), page(fact("script https://[broken/x.js")))
    assert (added.type, added.severity) == ("content.script_added", Severity.MEDIUM)


def test_names_of_countries_second_levels_are_told_apart() -> None:
    target = replace(TARGET, url="https://shop.co.uk/")
    before = page(fact("page final_url", "https://www.shop.co.uk/"))
    for url, severity in (("https://cdn.shop.co.uk/a.js", Severity.MEDIUM), ("https://evil.co.uk/a.js", Severity.HIGH)):
        [added] = compare(before, (*before, fact(f"script {url}")), SCANNER_NAMES, NOW, target)
        assert added.severity is severity


def test_equal_facts_give_nothing() -> None:
    assert between(page(), page()) == []


def test_a_new_script_version_is_one_script_gone_one_come_and_another_version() -> None:
    before = page(fact("script https://cdn.test/bootstrap@5.0.1/b.js"), fact("technology Bootstrap", "5.0.1"))
    after = page(fact("script https://cdn.test/bootstrap@5.1.0/b.js"), fact("technology Bootstrap", "5.1.0"))
    assert sorted(each.type for each in between(before, after)) == [
        "content.script_added",
        "content.script_removed",
        "technology.version_changed",
    ]


def test_an_error_page_says_nothing_of_the_page_behind_it() -> None:
    after = (fact("page status", "503"), fact("page title", "Sorry"), fact("text e", "Down for maintenance"))
    assert [each.type for each in between(page(), after)] == ["content.status_changed"]


def test_a_site_without_tls_now_has_lost_everything_that_protects_it() -> None:
    before = page(fact("tls protocol", "TLSv1.3"))
    changes = between(before, page(fact("page final_url", "http://shop.example/")))
    assert [(each.type, each.severity) for each in changes] == [("tls.protocol_weakened", Severity.CRITICAL)]


def test_a_scanner_switched_on_later_finds_no_changes() -> None:
    bare = without(page(), "security grade", "security https_redirect", "dns A", "dns NS")
    bare = tuple(each for each in bare if each.kind != "header")
    assert between(bare, page()) == []
    assert between(page(), bare) == []


def test_a_scanner_that_is_off_is_not_compared() -> None:
    changed = page(fact("technology PHP", "8"), fact("page title", "Other"))
    changes = compare(page(), changed, ("content",), NOW, TARGET)
    assert [each.type for each in changes] == ["content.title_changed"]


def test_an_address_change_shows_in_dns_or_else_by_the_address_connected_to() -> None:
    both = page(fact("infrastructure ip", "192.0.2.10")), page(fact("infrastructure ip", "203.0.113.5"))
    assert between(*both) == []
    alone = [without(each, "dns A") for each in both]
    assert [each.type for each in between(*alone)] == ["infrastructure.ip_changed"]
    near = without(page(fact("infrastructure ip", "192.0.2.77")), "dns A")
    assert [each.state for each in between(alone[0], near)] == [ChangeState.SUPPRESSED]


def test_many_links_at_once_are_one_change_and_many_scripts_are_many() -> None:
    links = tuple(fact(f"link https://shop.example/{i}") for i in range(30))
    scripts = tuple(fact(f"script https://shop.example/{i}.js") for i in range(30))
    [change] = between(page(), page(*links))
    assert (change.type, change.key, change.severity) == ("content.link_added", "", Severity.LOW)
    assert change.after is not None
    assert len(change.after.splitlines()) == 30
    [gone] = between(page(*links), page())
    assert (gone.type, gone.after) == ("content.link_removed", None)
    assert len(between(page(), page(*scripts))) == 30


def test_a_long_list_of_new_blocks_is_shortened() -> None:
    many = tuple(fact(f"text n{i}", f"entirely new block number {i}") for i in range(50))
    [change] = between(page(), page(*many))
    assert change.after is not None
    assert change.after.splitlines()[-1] == "… and 42 more"
    assert change.reasons[0].because == "50 new of 52 blocks"


def test_a_reworded_block_counts_as_changed_and_not_as_gone_and_new() -> None:
    before = page(fact("text x", "Free shipping on all orders above fifty euros"))
    after = page(fact("text y", "Free shipping on all orders above sixty euros"))
    [change] = between(before, after)
    assert change.reasons[0].because == "1 changed of 3 blocks"


facts_of_a_page = st.dictionaries(
    st.tuples(
        st.sampled_from(["text", "heading", "link", "script", "technology", "meta", "cookie", "dns"]),
        st.text(max_size=3),
    ),
    st.tuples(st.text(max_size=6), st.sampled_from(["", "s"])),
    max_size=12,
).map(lambda many: tuple(Fact(kind, key, value, stable=stable) for (kind, key), (value, stable) in many.items()))


@given(facts_of_a_page)
def test_nothing_differs_from_itself(known: tuple[Fact, ...]) -> None:
    assert compare(known, known) == []


@given(facts_of_a_page, facts_of_a_page)
def test_what_came_is_what_went_the_other_way_round(old: tuple[Fact, ...], new: tuple[Fact, ...]) -> None:
    def ways(changes: list[Change], way: str) -> list[tuple[str, str]]:
        return sorted((each.type.removesuffix(way), each.key) for each in changes if each.type.endswith(way))

    there, back = compare(old, new), compare(new, old)
    for added, removed in (("_added", "_removed"), (".added", ".removed"), ("_revealed", "_hidden")):
        assert ways(there, added) == ways(back, removed)
        assert ways(there, removed) == ways(back, added)


@given(facts_of_a_page, facts_of_a_page)
def test_the_order_of_facts_does_not_matter(old: tuple[Fact, ...], new: tuple[Fact, ...]) -> None:
    assert compare(old, new) == compare(old[::-1], new[::-1])


def test_every_detector_has_a_name_of_its_own_and_finds_nothing_in_nothing() -> None:
    assert len(set(DETECTORS.values())) == len(DETECTORS)
    assert compare((), ()) == []
