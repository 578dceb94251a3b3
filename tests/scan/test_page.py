"""One walk over a page finds what is on it, whatever shape it has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.noise import is_volatile_region
from core.scan.page import Page, absolute

URL = "https://shop.test/a/b.html?x=1"


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("https://cdn.test/x.js", "https://cdn.test/x.js"),
        ("http://cdn.test", "http://cdn.test/"),
        ("//cdn.test/x.js", "https://cdn.test/x.js"),
        ("/x.js", "https://shop.test/x.js"),
        ("x.js", "https://shop.test/a/x.js"),
        ("js/x.js?v=1#top", "https://shop.test/a/js/x.js?v=1"),
        ("../x.js", "https://shop.test/x.js"),
        ("./x.js", "https://shop.test/a/x.js"),
        ("?page=2", "https://shop.test/a/b.html?page=2"),
        ("  x.js\n", "https://shop.test/a/x.js"),
        ("mailto:a@b.test", "mailto:a@b.test"),
        ("http://[broken", "http://[broken/"),
        ("//[broken/../x", "//[broken/../x"),
    ],
)
def test_a_reference_becomes_an_absolute_url(reference: str, url: str) -> None:
    assert absolute(URL, reference) == url


def test_the_head_says_what_the_page_is() -> None:
    page = Page(
        """<html lang=de><head><base href="/shop/"><title> Shop
        &amp; more </title><meta name=Description content=Hi><meta property=og:title content=T>
        <meta http-equiv=Refresh content=5><link rel=canonical href=x><link rel="alternate" type=application/rss+xml
        title=News href=/feed><link rel="stylesheet" href=s.css></head>""",
        URL,
    )
    assert (page.title, page.language, page.base) == ("Shop & more", "de", "https://shop.test/shop/")
    assert page.metas == {"description": ["Hi"], "og:title": ["T"]}
    assert page.http_equiv == {"refresh": ["5"]}
    assert page.canonical == "https://shop.test/shop/x"
    assert [(feed.url, feed.label) for feed in page.feeds] == [("https://shop.test/feed", "News")]
    assert [style.url for style in page.stylesheets] == ["https://shop.test/shop/s.css"]


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>one</p><p>two</p>", ["one", "two"]),
        ("<p>one <b>bold</b> word</p>", ["one bold word"]),
        ("<p><b>one</b> <i>two</i></p>", ["one two"]),
        ("<p><b>one </b><i>two</i></p>", ["one two"]),
        ("<p>un<b>believ</b>able</p>", ["unbelievable"]),
        ("<p><span>5 minutes ago</span><span>8,256 views</span></p>", ["5 minutes ago 8,256 views"]),
        ("<div>before<p>inner</p>after</div>", ["before", "inner", "after"]),
        ("<p>a<br>b</p>", ["a b"]),
        ("<p>a<script>no()</script>b<style>p{}</style></p>", ["ab"]),
        ("<noscript><p>no</p></noscript><template><p>no</p></template><p>yes</p>", ["yes"]),
        ("<svg><title>no</title><text>no</text></svg><p>yes</p>", ["yes"]),
        ("<!-- no --><p>  \n yes\t</p>", ["yes"]),
        ("<ul><li>a<li>b</ul>", ["a", "b"]),
        ("<table><tr><td>1<td>2</table>", ["1", "2"]),
    ],
)
def test_text_is_read_block_by_block(html: str, blocks: list[str]) -> None:
    assert [block.text for block in Page(html, URL).blocks] == blocks


def test_headings_know_their_level() -> None:
    page = Page("<h1>A</h1><h3><a href=x>B</a></h3><p>C</p>", URL)
    assert [(block.level, block.text) for block in page.blocks] == [(1, "A"), (3, "B"), (0, "C")]


def test_links_keep_a_fragment_only_within_the_page() -> None:
    page = Page('<a href="#top">t</a><a href="#">n</a><a href="x#y">x</a><area href=/m><a>none</a>', URL)
    assert page.links == [
        "https://shop.test/a/b.html?x=1#top",
        "https://shop.test/a/x",
        "https://shop.test/m",
    ]


def test_images_are_found_where_they_are_loaded_from() -> None:
    page = Page('<img src=a.png alt=A><img data-src=b.png src=blank.gif><img srcset="c.png 1x, d.png 2x"><img>', URL)
    assert [(image.url, image.label) for image in page.images] == [
        ("https://shop.test/a/a.png", "A"),
        ("https://shop.test/a/b.png", ""),
        ("https://shop.test/a/c.png", ""),
    ]


def test_scripts_stand_with_their_addresses_or_their_code() -> None:
    page = Page(
        "<script src=a.js integrity=sha384-x></script><script type=application/ld+json>{}</script><script> </script>",
        URL,
    )
    assert page.scripts == ["https://shop.test/a/a.js"]
    assert page.inline_scripts == ["{}"]
    assert [script.integrity for script in page.script_elements] == ["sha384-x", ""]


def test_forms_show_what_a_visitor_fills_in() -> None:
    page = Page(
        "<form method=POST action=/login><input name=user><input type=password name=pw>"
        "<input type=hidden name=csrf value=x><select name=lang></select><button>go</button></form>",
        URL,
    )
    (form,) = page.forms
    assert (form.method, form.action) == ("post", "https://shop.test/login")
    assert form.fields == ("lang select", "pw password", "user text")


def test_volatile_regions_are_left_out_but_their_scripts_are_marked() -> None:
    html = """<p>keep</p><div class="ad-slot"><p>buy</p><a href=/x>x</a><img src=y><script src=z.js></script>
    <form action=/f></form></div><p>also</p>"""
    page = Page(html, URL, volatile=is_volatile_region)
    assert page.text == "keep\nalso"
    assert (page.links, page.images, page.forms) == ([], [], [])
    assert [(script.url, script.volatile) for script in page.script_elements] == [("https://shop.test/a/z.js", True)]


def test_select_narrows_the_body_and_leaves_the_head() -> None:
    html = """<title>T</title><meta name=description content=D><nav><a href=/n>n</a></nav>
    <main><p>in</p><div id=clock>12:00</div><p>end</p></main><footer>out</footer><main>second</main>"""
    page = Page(html, URL, select="main", ignore=["#clock"])
    assert (page.title, page.metas) == ("T", {"description": ["D"]})
    assert page.text == "in\nend\nsecond"
    assert page.links == []


def test_a_skipped_region_inside_the_selected_one_does_not_widen_it() -> None:
    html = "<main><p>in</p><div class=ads><p>1<p>2<p>3</div></main><p>out</p><p>out</p><p>out</p><p>out</p>"
    assert Page(html, URL, select="main", volatile=is_volatile_region).text == "in"


@pytest.mark.parametrize("selector", [":::bad", "p[", "!!"])
def test_a_broken_selector_is_named(selector: str) -> None:
    with pytest.raises(ValueError, match="is not a CSS selector"):
        Page("<p>", URL, ignore=[selector])
    assert Page("<p>", URL).css(selector) == []


def test_deep_nesting_of_inline_elements_costs_no_more_than_its_size() -> None:
    page = Page("<b>x" * 20_000, URL)
    assert page.text


@given(st.text(max_size=200))
def test_any_text_can_be_read_as_a_page(text: str) -> None:
    page = Page(text, URL, volatile=is_volatile_region)
    assert all(block.text == " ".join(block.text.split()) != "" for block in page.blocks)


@given(st.text(max_size=60))
def test_any_text_can_be_a_reference(text: str) -> None:
    assert absolute(URL, text) == text or "://" in absolute(URL, text)


@pytest.mark.shared_data
def test_every_naughty_string_can_stand_anywhere(shared_data: Path) -> None:
    for text in json.loads((shared_data / "hostile/blns/blns.json").read_text(encoding="utf-8")):
        page = Page(
            f'<title>{text}</title><meta name="{text}" content="{text}"><base href="{text}"><a href="{text}">{text}</a>'
            f'<img src="{text}" srcset="{text}" alt="{text}"><script src="{text}"></script><script>{text}</script>'
            f'<div class="{text}" id="{text}"><p>{text}</p></div><form action="{text}"><input name="{text}"></form>'
            f"{text}",
            URL,
            volatile=is_volatile_region,
        )
        assert len(page.forms) <= 1 + text.lower().count("<form"), text
        assert all(block.text == " ".join(block.text.split()) != "" for block in page.blocks), text
