"""Every fact of a rich page fetched over TLS carries its evidence, and the evidence is true.

What the servers sent is known here byte by byte, so each evidence is held against it: the header line is one that was
sent, the byte range cuts the value out of the body, the record is the one that DNS serves.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest

from core.model.scan import Fact, Scan, ScanJob
from core.model.target import SCANNER_NAMES
from core.scan.examine import examine
from core.scan.fetch import Fetcher
from core.settings.values import FetchSettings
from tests.scan.servers import always, authority, naming, page, redirect, serving

HEADERS = (
    "Server: nginx/1.24.0",
    "X-Powered-By: PHP/8.2.7",
    "Strict-Transport-Security: max-age=63072000; includeSubDomains",
    "Content-Security-Policy: default-src 'self'; script-src 'self' 'nonce-r4nd0m'",
    "X-Frame-Options: DENY",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: same-origin",
    "CF-Ray: 7d0c5f-FRA",
    "Vary: Accept-Encoding",
    "Vary: Cookie",
    "Set-Cookie: session=s3cret-of-a-visitor; Secure; HttpOnly; SameSite=Lax; Path=/",
    "Set-Cookie: PHPSESSID=s3cret-of-a-visitor",
)
PAGE = """<!doctype html>
<html lang="de"><head><title>Müllers Laden – 40 % auf alles</title>
<meta name="description" content="Größter Laden der Stadt">
<meta name="generator" content="WordPress 6.5.2">
<meta property="og:title" content="Müllers">
<meta http-equiv="content-language" content="de">
<link rel="canonical" href="https://shop.test/laden">
<link rel="stylesheet" href="/wp-content/themes/twentytwentyfour/style.css?ver=6.5.2">
<link rel="alternate" type="application/rss+xml" title="Neues" href="/feed.xml">
<script src="https://cdn.test/jquery-3.7.1.min.js"></script>
<script>var laden = {"offen": true}; console.log("Grüße");</script>
</head><body><h1>Müllers Laden</h1><h2>Angebote</h2>
<p>Schöne Dinge, jeden Tag frisch.</p><p>Zweiter Absatz ohne Umlaut.</p>
<a href="/kontakt?von=start">Kontakt</a> <a href="https://partner.test/ä/">Partner</a>
<img src="http://bilder.test/tür.png" alt="Tür"><img src="/logo.svg" alt="Logo">
<form action="/suche" method="get"><input name="q" type="search"><button name="los">Los</button></form>
</body></html>
"""
ZONE = {
    ("shop.test", "A"): ["127.0.0.1"],
    ("shop.test", "NS"): ["ns1.provider.test.", "ns2.provider.test."],
    ("shop.test", "MX"): ["10 mx.provider.test."],
    ("shop.test", "TXT"): ["v=spf1"],
    ("shop.test", "CAA"): ['0 issue "ca.test"'],
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What the servers of this test sent."""

    url: str
    asked: str
    headers: tuple[str, ...]
    body: bytes
    charset: str
    certificate: str

    def cut(self, start: str, end: str) -> str:
        assert int(end) <= len(self.body)
        return self.body[int(start) : int(end)].decode(self.charset)

    def lines(self) -> set[str]:
        """Header lines as evidence shows them: lower-case names, repeated ones joined, cookies without their value."""
        values: dict[str, list[str]] = {}
        for line in self.headers:
            name, _, value = line.partition(": ")
            values.setdefault(name.lower(), []).append(value)
        joined = {f"{name}: {', '.join(each)}" for name, each in values.items()}
        return joined | {f"{name}: {value}" for name, each in values.items() for value in each}


def folded(text: str) -> str:
    return " ".join(unescape(text).split())


def is_cut_out(fact: Fact, sent: Sent, start: str, end: str) -> bool:
    """Whether the bytes hold what the fact says: its text, or the address that is its key."""
    piece = sent.cut(start, end)
    if fact.kind in ("link", "image", "script", "stylesheet", "feed"):
        return urljoin(sent.url, piece).partition("?")[0] == fact.key.partition("?")[0]
    if fact.kind == "form":
        return fact.key == f"get {piece} 0"
    return bool(piece.strip()) and (folded(piece) in fact.value or fact.value in folded(piece))


def is_selected(fact: Fact, sent: Sent, start: str, end: str, selector: str) -> bool:
    """Whether the bytes are the fact's value, within the element that the selector names."""
    piece = sent.cut(start, end)
    tag = sent.body[: int(start)].decode(sent.charset).rpartition("<")[2]
    named = re.fullmatch(r"(\w+)\[([\w-]+)(?:=(.*))?\]", selector)
    assert named is not None
    element, attribute, value = named.groups()
    attribute = "property" if (value or "").startswith("og:") else attribute
    return piece == fact.value and tag.startswith(element) and f'{attribute}="{value or ""}' in tag


def is_of_technology(fact: Fact, sent: Sent, field: str, place: str, snippet: str) -> bool:
    """Whether the snippet of a fingerprint's hit stands in the field it names."""
    body = sent.body.decode(sent.charset)
    if field == "header":
        return f"{place}: {snippet}" in sent.lines()
    if field == "cookie":
        return any(line.lower().startswith(f"set-cookie: {place.lower()}=") for line in sent.headers) and not snippet
    if field == "meta":
        return f'content="{snippet}"' in body
    return any(urljoin(sent.url, address) == snippet for address in re.findall(r'(?:src|href)="([^"]*)"', body))


def served(kind: str) -> str:
    """The records of a type as the zone has them."""
    records = sorted(each.removesuffix(".") for each in ZONE.get(("shop.test", kind), ()))
    return "; ".join(f"{kind} {each}" for each in records) or f"no {kind} record"


Shape = Callable[..., bool]
SHAPES: Mapping[str, Shape] = {
    r"HTTP/1\.1 (\d+)": lambda _, __, status: status == "200",
    r"html (\d+)-(\d+)": is_cut_out,
    r"html (\d+)-(\d+) (\w+\[.*\])": is_selected,
    r"(header|cookie|meta|script|stylesheet) ?([^:]*)(?:: (.*))?": is_of_technology,
    r"html (\d+)-(\d+): (.*)": lambda _, sent, start, end, snippet: folded(sent.cut(start, end)).startswith(
        snippet.rstrip("…")
    ),
    r"(?:no )?(?:A|AAAA|CNAME|NS|MX|TXT|CAA) .*": lambda fact, _: fact.evidence == served(fact.key),
    r"certificate sent by the server, sha256 (\w+)": lambda _, sent, digest: digest == sent.certificate,
    r"TLS session: (TLSv1\.\d) (\S+)": lambda fact, _, protocol, cipher: fact.value in (protocol, cipher),
    r"connected to (.*)": lambda fact, _, address: address == fact.value == "127.0.0.1",
    r"location: (.*)": lambda fact, sent, location: location == sent.url and fact.value.endswith(location),
    r"answer of http://(.*)/": lambda fact, _, host: (host, fact.value) == ("shop.test", "yes"),
    r"-?\d+ points; .*": lambda fact, _: fact.key == "grade",
    r"implied by (.+)": lambda _, __, because: because in ("WordPress", "PHP"),
    r"[a-z-]+: .+": lambda fact, sent: fact.evidence in sent.lines() or is_cookie_line(fact, sent),
}


def is_cookie_line(fact: Fact, sent: Sent) -> bool:
    """Whether a cookie's evidence is its line without the value, its flags sorted."""
    name, flags = fact.evidence.removeprefix("set-cookie: ").split("=…; " if "; " in fact.evidence else "=…")
    sent_line = next(line for line in sent.headers if line.startswith(f"Set-Cookie: {name}="))
    return sorted(filter(None, flags.split("; "))) == sorted(sent_line.split("; ")[1:])


def is_true(fact: Fact, sent: Sent) -> bool:
    """Whether some shape of evidence fits a fact and holds against what was sent."""
    for shape, holds in SHAPES.items():
        if found := re.fullmatch(shape, fact.evidence, re.DOTALL):
            return holds(fact, sent, *found.groups())
    return False


async def looked(tmp_path: Path, charset: str) -> tuple[Scan, Sent]:
    own = authority(tmp_path)
    tls: ssl.SSLContext = own.server("shop.test")
    body = PAGE.encode(charset)
    headers = (*HEADERS, f"Content-Type: text/html; charset={charset}")
    async with naming(ZONE) as names, serving(always(page(body, *headers)), tls=tls) as secure:
        url = f"https://shop.test:{secure.port}/"
        async with serving(always(redirect(url))) as plain:
            asked = f"http://shop.test:{plain.port}/"
            settings = FetchSettings(
                timeout=20.0, resolvers=(names.where,), ca_file=str(own.file), allow=("127.0.0.0/8",)
            )
            fetcher = Fetcher(settings)
            fetched = await fetcher.fetch(asked)
            await fetcher.close()
    assert fetched.failure is None
    assert fetched.response is not None
    scan = examine(ScanJob(1, 1, "shop", asked, SCANNER_NAMES), fetched.response)
    certificate = hashlib.sha256(fetched.chain[0]).hexdigest()
    return scan, Sent(url, asked, (*headers, f"Content-Length: {len(body)}"), body, charset, certificate)


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
async def test_every_fact_carries_evidence_that_is_true(tmp_path: Path, charset: str) -> None:
    scan, sent = await looked(tmp_path, charset)
    untrue = {(fact.kind, fact.key, fact.value): fact.evidence for fact in scan.facts if not is_true(fact, sent)}
    assert untrue == {}
    kinds = "page meta heading text link image script inline_script stylesheet form feed header cookie certificate tls"
    assert {fact.kind for fact in scan.facts} == {*kinds.split(), "security", "technology", "dns", "infrastructure"}
    assert all(each.evidence for each in scan.technologies)


async def test_no_evidence_tells_a_visitor_s_secret(tmp_path: Path) -> None:
    scan, _ = await looked(tmp_path, "utf-8")
    assert not [fact for fact in scan.facts if "s3cret" in f"{fact.value} {fact.evidence} {fact.stable}"]


async def test_a_judge_of_evidence_that_believed_anything_would_be_found_out(tmp_path: Path) -> None:
    """Evidence moved by one fact is untrue for nearly all of them: the checks above can fail."""
    scan, sent = await looked(tmp_path, "utf-8")
    moved = [
        Fact(fact.kind, fact.key, fact.value, fact.confidence, other.evidence)
        for fact, other in zip(scan.facts, scan.facts[1:], strict=False)
        if fact.evidence != other.evidence and fact.kind in ("text", "link", "image", "meta", "heading", "dns")
    ]
    assert len(moved) > 10
    assert sum(is_true(fact, sent) for fact in moved) <= len(moved) // 4
