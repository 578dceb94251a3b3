"""How a response protects its visitors: security headers, cookies, certificate, TLS, mixed content, and the grade."""

from __future__ import annotations

from core.model.facts import SECURITY_HEADERS
from core.model.scan import Fact, Grade
from core.noise import stable_name, stable_url
from core.scan.certificate import certificate_facts
from core.scan.cookies import cookies
from core.scan.grade import grade
from core.scan.headers import header_facts
from core.scan.look import Findings, Look
from core.scan.page import Page
from core.scan.response import Response, TlsSession

MIXED_CAP = 50


def scan_security(look: Look) -> Findings:
    """Facts of kinds header (security headers), cookie, certificate, tls and security, and the grade."""
    response = look.response
    graded = grade(look)
    facts = header_facts(response, frozenset(SECURITY_HEADERS))
    facts += _cookie_facts(response)
    if response.tls is not None:
        facts += _tls_facts(response.tls)
    if response.https_redirect is not None:
        answer = "yes" if response.https_redirect else "no"
        facts.append(Fact("security", "https_redirect", answer, evidence=f"answer of http://{_host(response)}/"))
    if look.page is not None and response.final_url.startswith("https:"):
        facts += _mixed_content(look.page, look)
    facts.append(_grade_fact(graded))
    return Findings(facts=tuple(facts), grade=graded)


def _cookie_facts(response: Response) -> list[Fact]:
    """One fact a cookie, keyed by its name without random parts. Values are secrets of a visitor: never kept."""
    facts: dict[str, Fact] = {}
    for cookie in cookies(response):
        name = stable_name(cookie.name)
        evidence = f"set-cookie: {cookie.name}=…; {cookie.flags}".removesuffix("; ")
        facts.setdefault(name, Fact("cookie", name, cookie.flags, evidence=evidence))
    return list(facts.values())


def _tls_facts(session: TlsSession) -> list[Fact]:
    values = (("protocol", session.protocol), ("cipher", session.cipher), ("alpn", session.alpn))
    spoken = " ".join(value for _, value in values if value)
    facts = [Fact("tls", key, value, evidence=f"TLS session: {spoken}") for key, value in values if value]
    if session.chain:
        parts = certificate_facts(session.chain)
        sent = f"certificate sent by the server, sha256 {parts['fingerprint']}"
        facts += [Fact("certificate", key, value, evidence=sent) for key, value in parts.items()]
    return facts


def _host(response: Response) -> str:
    return response.url.partition("//")[2].partition("/")[0].partition(":")[0]


def _mixed_content(page: Page, look: Look) -> list[Fact]:
    """What an https page loads over http, as stable URLs, sorted; nothing where there is none."""
    loaded = [*page.scripts, *(each.url for each in (*page.stylesheets, *page.images, *page.embeds))]
    insecure = sorted({stable_url(url) for url in loaded if url.startswith("http:")})
    if not insecure:
        return []
    lines = insecure[:MIXED_CAP]
    if len(insecure) > MIXED_CAP:
        lines.append(f"… {len(insecure) - MIXED_CAP} more")
    return [Fact("security", "mixed_content", "\n".join(lines), evidence=_first_place(loaded, look))]


def _first_place(loaded: list[str], look: Look) -> str:
    """Where the first insecure address stands in the body, in bytes; `html` where it does not stand as it is read."""
    for url in loaded:
        needle = url.encode(look.charset or "utf-8", "replace")
        if url.startswith("http:") and (start := look.response.body.find(needle)) >= 0:
            return f"html {start}-{start + len(needle)}"
    return "html"


def _grade_fact(graded: Grade) -> Fact:
    """With every result that moved the points, and every one that failed."""
    told = ", ".join(test.result for test in graded.tests if test.modifier or not test.passed)
    return Fact("security", "grade", graded.grade, evidence=f"{graded.score} points; {told or 'nothing failed'}")
