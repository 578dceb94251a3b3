"""What a page says becomes facts that stay equal under noise and differ under change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.model.facts import SET_KINDS
from core.scan.content import CAPS, MORE, scan_content
from core.scan.look import look
from core.scan.response import Hop
from tests.scan.pages import URL, by_key, job, response, seen, values


def test_a_page_tells_how_it_was_served() -> None:
    hops = (Hop("http://shop.test/?utm_source=x", 301, URL),)
    facts = by_key(scan_content(seen("<html lang=en><title>T</title>", redirects=hops)), "page")
    assert {key: fact.value for key, fact in facts.items()} == {
        "status": "200",
        "content_type": "text/html; charset=utf-8",
        "charset": "utf-8",
        "final_url": URL,
        "redirects": f"301 http://shop.test/?utm_source=x -> 200 {URL}",
        "title": "T",
        "language": "en",
    }
    assert facts["redirects"].compared == f"301 http://shop.test/ -> 200 {URL}"


def test_evidence_is_where_the_bytes_stand() -> None:
    html = "<title>Größe</title><p>first words</p><a href=/x>y</a>"
    findings = scan_content(seen(html))
    for fact in findings.facts:
        place = fact.evidence.removeprefix("html ").split("-")
        if len(place) == 2 and place[0].isdigit():
            start, end = map(int, place)
            assert html.encode()[start:end].decode() in ("Größe", "first words", "/x", "y")
    (text,) = [fact for fact in findings.facts if fact.value == "first words"]
    start = html.encode().index(b"first words")
    assert text.evidence == f"html {start}-{start + 11}"


def test_sets_are_keyed_by_what_they_say() -> None:
    one = scan_content(seen("<h2>About us</h2><p>Hello</p><script>go()</script>"))
    other = scan_content(seen("<div><p>Hello</p></div><h2> About\nus </h2><script> go()\n</script>"))
    for kind in SET_KINDS:
        assert by_key(one, kind).keys() == by_key(other, kind).keys() != set()
    (heading,) = by_key(one, "heading")
    assert heading.startswith("h2:")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>Updated 5 minutes ago", "<p>Updated 6 minutes ago"),
        ("<meta name=csrf-token content=a1>", "<meta name=csrf-token content=b2>"),
        ("<script nonce=a src=x.js?v=ab12cd34></script>", "<script nonce=b src=x.js?v=ef56ab78></script>"),
        ("<link rel=stylesheet href=app.3f2a9c1b.css>", "<link rel=stylesheet href=app.77aa01fe.css>"),
        ("<a href='/x;jsessionid=AB12'>x</a>", "<a href='/x;jsessionid=CD34'>x</a>"),
        (
            "<form><input type=hidden name=__VIEWSTATE value=a></form>",
            "<form><input type=hidden name=t></form>",
        ),
        ("<div id=react-406709 class=css-2776c6>Card</div>", "<div id=react-2b9370 class=css-78ce82>Card</div>"),
        ("<div class=ad-slot><a href=/a>Buy</a></div>", "<div class=ad-slot><a href=/b>Sell</a></div>"),
        (
            "<a href='https://ads.test/c?1'><img src='https://ads.test/1.png'></a>",
            "<a href='https://ads.test/c?2'></a>",
        ),
        ("<a href='/cdn-cgi/l/email-protection#1b23'>mail</a>", "<a href='/cdn-cgi/l/email-protection#193d'>mail</a>"),
        ("<p>a</p><!-- 81 queries -->", "<!-- 55 queries --><p>a</p>"),
        ("<p class=x id=y>a</p>", "<p id=y class=x>  a\n</p>"),
        ("<ul><li>one</li><li>two</li></ul>", "<ul><li>two</li><li>one</li></ul>"),
        ('<script type=application/json>{"n":1}</script>', '<script type=application/json>{"n":2}</script>'),
    ],
)
def test_noise_gives_equal_facts(before: str, after: str) -> None:
    assert compared(before) == compared(after)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("<title>A</title>", "<title>B</title>", "page"),
        ("<p>19,99 EUR", "<p>24,99 EUR", "text"),
        ("<h1>A</h1>", "<h1>B</h1>", "heading"),
        ("<h1>A</h1>", "<h2>A</h2>", "heading"),
        ("<meta name=robots content=all>", "<meta name=robots content=noindex>", "meta"),
        ("<script src=jquery-3.5.1.min.js></script>", "<script src=jquery-3.7.1.min.js></script>", "script"),
        ("<script>a()</script>", "<script>a();steal()</script>", "inline_script"),
        ("<link rel=stylesheet href=a.css>", "<link rel=stylesheet href=b.css>", "stylesheet"),
        ("<a href=/a>x</a>", "<a href=/b>x</a>", "link"),
        ("<img src=a.png>", "<img src=b.png>", "image"),
        ("<form action=/a><input name=q></form>", "<form action=//evil.test/a><input name=q></form>", "form"),
        ("<form><input name=q></form>", "<form><input name=q><input type=password name=p></form>", "form"),
        ("<p>", "<link rel=alternate type=application/atom+xml href=f>", "feed"),
    ],
)
def test_change_shows_in_its_kind(before: str, after: str, kind: str) -> None:
    changed = compared(before) ^ compared(after)
    assert kind in {each[0] for each in changed}


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("text", "<p>word {}</p>"),
        ("link", "<a href=/p/x{}>x</a>"),
        ("image", "<img src=i/x{}.png>"),
        ("script", "<script src=x{}.js></script>"),
        ("inline_script", "<script>f(x{})</script>"),
        ("form", "<form action=/x{}></form>"),
        ("heading", "<h2>word {}</h2>"),
    ],
)
def test_beyond_the_cap_a_change_is_still_seen(kind: str, member: str) -> None:
    many = [member.format(f"{index}q") for index in range(CAPS[kind] + 5)]
    facts = by_key(scan_content(seen("".join(many))), kind)
    assert len(facts) == CAPS[kind] + 1
    changed = by_key(scan_content(seen("".join([*many[:-1], member.format("other")]))), kind)
    assert facts[MORE].value.startswith("5 more")
    assert facts[MORE].value != changed[MORE].value
    assert {key for key in facts if key != MORE} == {key for key in changed if key != MORE}


def test_settings_say_what_counts() -> None:
    html = "<nav>menu</nav><main><p>Visit 12ab now</p><p id=clock>soon</p><a href=/s/12ab>x</a></main>"
    wish = job(select="main", ignore=("#clock", "/Visit [0-9a-f]+/", "/12ab/"))
    findings = scan_content(look(wish, response(html), parse=True))
    assert [fact.compared for fact in findings.facts if fact.kind == "text"] == ["now", "x"]
    assert list(by_key(findings, "link")) == ["https://shop.test/s/"]


def test_a_text_that_is_ignored_whole_is_no_fact_and_an_ignored_title_never_differs() -> None:
    wish = job(ignore=("/.*offer.*/",))
    findings = scan_content(look(wish, response("<title>offer 1</title><p>offer 1</p><p>rest"), parse=True))
    assert values(findings, "text") == ["rest"]
    assert by_key(findings, "page")["title"].compared == "⟨ignored⟩"


def test_a_broken_expression_is_named() -> None:
    with pytest.raises(ValueError, match=r"'/\(/' is not a regular expression"):
        scan_content(look(job(ignore=("/(/",)), response("<p>x"), parse=True))


def test_text_that_is_not_html_is_read_line_by_line() -> None:
    answer = response("ok: yes\n\nlast: 5 minutes ago\n")
    plain = type(answer)(answer.url, answer.final_url, 200, (("content-type", "text/plain"),), answer.body)
    assert values(scan_content(look(job(), plain, parse=True)), "text") == ["ok: yes", "last: 5 minutes ago"]


def test_bytes_are_one_fact() -> None:
    answer = response(b"\x89PNG\x00")
    image = type(answer)(answer.url, answer.final_url, 200, (("content-type", "image/png"),), answer.body)
    assert values(scan_content(look(job(), image, parse=True)), "text") == ["image/png, 5 bytes"]


def test_embedded_images_are_known_by_their_digest() -> None:
    (key,) = by_key(scan_content(seen("<img src='data:image/png;base64,AAAABBBB' alt=A>")), "image")
    assert key.startswith("data:image/png;base64 ")


@pytest.mark.shared_data
def test_every_naughty_string_gives_facts(shared_data: Path) -> None:
    for text in json.loads((shared_data / "hostile/blns/blns.json").read_text(encoding="utf-8")):
        html = (
            f'<title>{text}</title><meta name="{text}" content="{text}"><h1>{text}</h1><a href="{text}">{text}</a>'
            f'<img src="{text}"><script>{text}</script></script><form action="{text}"><input name="{text}"></form>'
        )
        facts = scan_content(seen(html.encode("utf-8", "surrogatepass"))).facts
        assert ("page", "status") in {(fact.kind, fact.key) for fact in facts}, text
        assert len({(fact.kind, fact.key) for fact in facts}) == len(facts), text
        assert all(fact.evidence and fact.compared for fact in facts if fact.value), text


def compared(html: str) -> set[tuple[str, str, str]]:
    return {(fact.kind, fact.key, fact.compared) for fact in scan_content(seen(html)).facts}
