"""What a page says and what it is made of: text, headings, links, images, scripts, styles, forms and metas as facts.

Members of sets are keyed by the digest of their stable form, so that the same words found elsewhere on the page are
the same fact. Beyond the cap of a kind one fact with the count and the digest of the rest stands for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any

import re2

from core.model.scan import Fact
from core.noise import (
    is_advertising,
    stable_attribute,
    stable_data,
    stable_name,
    stable_script,
    stable_text,
    stable_url,
)
from core.scan.headers import cut, header_line, status_line
from core.scan.look import Findings, Look, is_expression, is_html, is_text, media_type
from core.scan.page import Page, Resource, Script

CAPS = {
    "meta": 100,
    "heading": 100,
    "text": 400,
    "link": 500,
    "image": 200,
    "script": 100,
    "inline_script": 100,
    "stylesheet": 100,
    "form": 50,
    "feed": 20,
}
MORE = "…more"
TEXT_LENGTH = 500
SCRIPT_LENGTH = 200
URL_LENGTH = 2048
WINDOW = 65_536


def scan_content(look: Look) -> Findings:
    """Facts of kinds page, meta, heading, text, link, image, script, inline_script, stylesheet, form and feed."""
    reader = _Reader(look)
    facts = list(reader.response_facts())
    if look.page is not None:
        facts += reader.page_facts(look.page)
    elif not is_html(look.response):
        facts += capped("text", reader.plain_texts())
    return Findings(facts=tuple(facts))


def capped(kind: str, facts: Iterable[Fact]) -> list[Fact]:
    """The first facts of each key up to the cap of their kind, then one fact that changes when any of the rest does."""
    unique: dict[str, Fact] = {}
    for fact in facts:
        if fact.key not in unique:
            unique[fact.key] = fact
    limit = CAPS[kind]
    if len(unique) <= limit:
        return list(unique.values())
    rest = sorted(f"{fact.key}\0{fact.compared}" for fact in islice(unique.values(), limit, None))
    beyond = digest("\n".join(rest))
    value = f"{len(rest)} more, digest {beyond}"
    return [*islice(unique.values(), limit), Fact(kind, MORE, value, evidence=f"more than {limit} on the page")]


@lru_cache(maxsize=16_384)
def digest(text: str) -> str:
    """16 hexadecimal digits that identify a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@lru_cache(maxsize=256)
def expression(ignored: str) -> Any:
    """The regular expression of a `/…/` entry, compiled by RE2. ValueError, naming it, where it cannot be."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(ignored[1:-1], options)  # type: ignore[no-untyped-call]
    except re2.error as error:
        raise ValueError(f"'{ignored}' is not a regular expression: {error}") from None


class _Reader:
    """Turns what one look holds into facts; keeps the place in the body up to which evidence was found."""

    def __init__(self, look: Look) -> None:
        self.response = look.response
        self.text = look.text
        self.charset = look.charset
        self.encoding = look.charset or "utf-8"
        self.ignored = [expression(each) for each in look.job.ignore if is_expression(each)]
        self.cursor = 0

    def response_facts(self) -> Iterator[Fact]:
        response = self.response
        yield Fact("page", "status", str(response.status), evidence=status_line(response))
        kind = response.header("content-type")
        if kind:
            yield Fact("page", "content_type", kind, evidence=header_line("content-type", kind))
        if self.charset:
            yield Fact("page", "charset", self.charset, evidence=header_line("content-type", kind) if kind else "body")
        answered = header_line("location", response.redirects[-1].location) if response.redirects else "address asked"
        yield _fact("page", "final_url", response.final_url, stable_url(response.final_url), answered)
        if response.redirects:
            ways = [f"{hop.status} {hop.url}" for hop in response.redirects]
            ways.append(f"{response.status} {response.final_url}")
            stable = " -> ".join(stable_url(way) for way in ways)
            sent = "; ".join(f"location: {hop.location}" for hop in response.redirects)
            yield _fact("page", "redirects", " -> ".join(ways), stable, cut(sent))

    def page_facts(self, page: Page) -> list[Fact]:
        facts = list(self._document(page))
        facts += capped("meta", self._metas(page))
        self.cursor = 0
        facts += capped("heading", self._headings(page))
        facts += capped("text", self._texts(page))
        self.cursor = 0
        facts += capped("link", self._links(page))
        facts += capped("image", self._resources("image", page.images))
        facts += capped("script", self._scripts(page))
        self.cursor = 0
        facts += capped("inline_script", self._inline_scripts(page))
        facts += capped("stylesheet", self._resources("stylesheet", page.stylesheets))
        facts += capped("feed", self._resources("feed", page.feeds))
        self.cursor = 0
        facts += capped("form", self._forms(page))
        return facts

    def plain_texts(self) -> Iterator[Fact]:
        """Lines of text, or one fact for a body that is not text."""
        if is_text(self.response):
            for line in self.text.splitlines():
                if line.strip() and (fact := self._text(" ".join(line.split()), line.strip())):
                    yield fact
        elif self.response.body:
            name = blake2b(self.response.body, digest_size=8).hexdigest()
            yield Fact("text", name, f"{media_type(self.response)}, {len(self.response.body)} bytes", evidence="body")

    def _document(self, page: Page) -> Iterator[Fact]:
        if page.title:
            stable = stable_text(self._kept(page.title))[:TEXT_LENGTH]
            yield _fact("page", "title", page.title[:TEXT_LENGTH], stable, self._place(page.title, "title"))
        if page.canonical:
            evidence = self._marked("href", page.canonical, "link[rel=canonical]")
            yield _fact("page", "canonical", page.canonical, stable_url(page.canonical), evidence)
        if page.language:
            yield Fact("page", "language", page.language, evidence=self._marked("lang", page.language, "html[lang]"))

    def _metas(self, page: Page) -> Iterator[Fact]:
        for attribute, metas in (("name", page.metas), ("http-equiv", page.http_equiv)):
            for name, contents in metas.items():
                value = ", ".join(contents)[:TEXT_LENGTH]
                stable = stable_attribute(name, self._kept(value))
                evidence = self._marked("content", contents[0], f"meta[{attribute}={name[:100]}]")
                yield _fact("meta", name[:200], value, stable, evidence)

    def _headings(self, page: Page) -> Iterator[Fact]:
        for block in page.blocks:
            if block.level:
                stable = stable_text(self._kept(block.text))
                key = f"h{block.level}:{digest(stable)}"
                evidence = self._place(block.source, f"h{block.level}")
                yield _fact("heading", key, block.text[:TEXT_LENGTH], stable[:TEXT_LENGTH], evidence)
        self.cursor = 0

    def _texts(self, page: Page) -> Iterator[Fact]:
        """What is beyond the cap counts only by its key: its place is not looked for."""
        known: set[str] = set()
        for block in page.blocks:
            fact = self._text(block.text, block.source if len(known) < CAPS["text"] else "")
            if fact is not None:
                known.add(fact.key)
                yield fact

    def _text(self, text: str, source: str) -> Fact | None:
        stable = stable_text(self._kept(text) if self.ignored else text)
        if not stable or stable.isspace():
            return None
        evidence = self._place(source, "text")
        return _fact("text", digest(stable), text[:TEXT_LENGTH], stable[:TEXT_LENGTH], evidence)

    def _links(self, page: Page) -> Iterator[Fact]:
        for anchor in page.anchors:
            if anchor.url.startswith("javascript:") or is_advertising(anchor.url):
                continue
            key = self._address(anchor.url)
            if key:  # the address is what makes a link the same; its words are among the texts
                yield _fact("link", key, anchor.text[:TEXT_LENGTH], key, self._place(anchor.source, "a"))

    def _resources(self, kind: str, resources: Iterable[Resource]) -> Iterator[Fact]:
        self.cursor = 0
        for resource in resources:
            key = "" if is_advertising(resource.url) else self._address(resource.url)
            if key:
                label = resource.label[:TEXT_LENGTH] if kind != "stylesheet" else ""
                yield _fact(kind, key, label, stable_text(label), self._place(resource.source, resource.tag))

    def _scripts(self, page: Page) -> Iterator[Fact]:
        self.cursor = 0
        for script in page.script_elements:
            key = self._address(script.url) if script.url and not script.volatile else ""
            if key:
                yield Fact("script", key, "", evidence=self._place(script.source, "script"))

    def _inline_scripts(self, page: Page) -> Iterator[Fact]:
        for script in page.script_elements:
            if script.code and not script.volatile:
                stable = _stable_code(script, self._kept(script.code))
                value = " ".join(script.code[: 4 * SCRIPT_LENGTH].split())[:SCRIPT_LENGTH]
                evidence = self._place(script.code[:500], "script")
                yield _fact("inline_script", digest(stable), value, stable[:SCRIPT_LENGTH], evidence)

    def _forms(self, page: Page) -> Iterator[Fact]:
        seen: dict[str, int] = {}
        for form in page.forms:
            name = f"{form.method} {_local(self._address(form.action), page.url)}".rstrip()
            ordinal = seen[name] = seen.get(name, -1) + 1
            fields = ", ".join(form.fields)
            stable = ", ".join(sorted(stable_name(each) for each in form.fields))
            yield _fact("form", f"{name} {ordinal}", fields, stable, self._place(form.source, "form"))

    def _kept(self, text: str) -> str:
        """A text without what the target's settings ignore."""
        if not self.ignored:
            return text
        for each in self.ignored:
            text = each.sub("", text)
        return text.strip()

    def _address(self, url: str) -> str:
        if url.startswith("data:"):
            return f"{url[:40].partition(',')[0]} {digest(url)}"
        return stable_url(self._kept(url))[:URL_LENGTH]

    def _marked(self, attribute: str, value: str, selector: str) -> str:
        """The element that a selector names, and the bytes of its value where the body has it as it is read."""
        self.cursor = 0
        place = self._place(f'{attribute}="{value}"', "")
        if not place[-1].isdigit():
            return f"html {selector}"
        start, end = map(int, place.removeprefix("html ").split("-"))
        return f"html {start + len(attribute) + 2}-{end - 1} {selector}"

    def _place(self, source: str, element: str) -> str:
        """Where a piece of markup stands in the body, in bytes; the element's name where it does not stand so."""
        if not source:
            return f"html <{element}>"
        try:
            needle = source.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return f"html <{element}>"
        cursor = self.cursor
        start = self.response.body.find(needle, cursor, cursor + WINDOW)
        if start < 0:
            return f"html <{element}>"
        self.cursor = start
        return f"html {start}-{start + len(needle)}"


def _fact(kind: str, key: str, value: str, stable: str, evidence: str) -> Fact:
    if stable == value:
        return Fact(kind, key, value, 1.0, evidence)
    return Fact(kind, key, value, 1.0, evidence, stable or "⟨ignored⟩")


def _stable_code(script: Script, code: str) -> str:
    return stable_data(code) if script.kind == "application/ld+json" else stable_script(code)


def _local(action: str, url: str) -> str:
    """A form's action as a path where it stays on the site."""
    origin = "/".join(url.split("/", 3)[:3])
    return action[len(origin) :] or "/" if action.startswith(origin) else action
