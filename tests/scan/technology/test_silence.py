"""Fifty pages that speak of technologies and use none: nothing may be seen in them."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest

from core.scan.technology.fingerprints import built_in
from tests.scan.technology.pages import detected

NAMES = [fingerprint.name for fingerprint in built_in()]
CODE = [
    '<script src="https://code.jquery.com/jquery-3.5.1.min.js"></script>',
    '<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css">',
    "<script>gtag('config', 'G-XXXXXXXXXX');</script>",
    '<meta name="generator" content="WordPress 6.4.2" />',
    '<div id="__next"></div><script id="__NEXT_DATA__" type="application/json">{}</script>',
    '<app-root ng-version="17.0.1"></app-root>',
    "/*! jQuery v3.7.1 | (c) OpenJS Foundation */",
    "Server: nginx/1.24.0",
]
SENTENCES = [
    "We moved from jQuery 3.5.1 to React 18.2.0, and what came next was angular in every sense.",
    "Vue, Svelte and Ember are names of frameworks; a view, a svelte figure and an ember are not.",
    "The server said nginx/1.24.0, then Apache/2.4.58 (Ubuntu), and at last PHP/8.2.7.",
    "Powered by coffee. WordPress 6.4, Drupal 10 and Joomla! were considered and left.",
    "Put https://www.googletagmanager.com/gtag/js?id=G-ABC123 in the head, says the manual.",
    "Ghost stories, moment by moment: a lit lantern, a turbo engine, an alpine hut, a leaflet.",
]


def article(number: int) -> str:
    text = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in SENTENCES[number % 6 :])
    return f"<article><h1>{html.escape(NAMES[number])} {number}.2.1 released</h1>{text}</article>"


def tutorial(number: int) -> str:
    blocks = "".join(f"<pre><code>{html.escape(code)}</code></pre>" for code in CODE)
    return f"<main><h1>How to add {html.escape(NAMES[number])}</h1>{blocks}</main>"


def commented(number: int) -> str:
    comments = "".join(f"<!-- {code.replace('--', '- -')} -->" for code in CODE)
    return f"{comments}<p>Old scripts were taken out in {1990 + number}.</p><!-- uses React, Vue, Next.js -->"


def catalogue(number: int) -> str:
    rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{number}.{row}.1</td></tr>" for row, name in enumerate(NAMES))
    links = "".join(
        f'<a href="{html.escape(each.rules[0].key)}#x">{html.escape(each.name)}</a>'
        for each in built_in()
        if each.rules
    )
    return f"<table>{rows}</table><nav>{links}</nav>"


def shop(number: int) -> str:
    options = "".join(f"<option>{html.escape(name)}</option>" for name in NAMES[number:])
    return (
        '<script src="/js/main.js"></script><script src="/js/app.bundle.js?v=3.5.1"></script>'
        '<link rel="stylesheet" href="/css/site.css?ver=6.4.2">'
        f'<form action="/search"><select name="react">{options}</select><input name="q" class="angular vue"></form>'
        f'<div id="app" class="container row col-md-6 btn swiper slick">{number}</div>'
    )


def quoting(number: int) -> str:
    """Data blocks and templates quote code; scripts of one's own name libraries in passing."""
    data = json.dumps({"@type": "Article", "articleBody": " ".join([*CODE, *SENTENCES])}).replace("</", "<\\/")
    textarea = html.escape("\n".join(CODE))
    return (
        f'<script type="application/ld+json">{data}</script>'
        f"<script>var next = {number}, react = 'jQuery 3.5.1', matomo = null; // moved off angular</script>"
        f"<textarea>{textarea}</textarea><img alt='nginx 1.24.0' src='/img/bootstrap-5.3.3.png'>"
    )


KINDS: list[Callable[[int], str]] = [article, tutorial, commented, catalogue, shop, quoting]


@pytest.mark.parametrize("number", range(50))
def test_a_page_that_only_speaks_of_technologies_shows_none(number: int) -> None:
    body = KINDS[number % len(KINDS)](number)
    head = f"<head><title>{html.escape(NAMES[number])}</title></head>"
    markup = f"<!doctype html><html lang=en>{head}<body>{body}</body></html>"
    headers = {"content-type": "text/html; charset=utf-8", "server": "web", "set-cookie": f"session={number}; Path=/"}
    assert detected(markup, headers, f"https://example.org/blog/jquery-3.5.1-and-react/{number}") == {}
