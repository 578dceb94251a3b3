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
        facts.append(Fact("security", "https_redirect", answer, evidence="answer of the http address"))
    if look.page is not None and response.final_url.startswith("https:"):
        facts += _mixed_content(look.page)
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
    facts = [Fact("tls", key, value, evidence="TLS session") for key, value in values if value]
    if session.chain:
        parts = certificate_facts(session.chain).items()
        facts += [Fact("certificate", key, value, evidence="certificate sent by the server") for key, value in parts]
    return facts


def _mixed_content(page: Page) -> list[Fact]:
    """What an https page loads over http, as stable URLs, sorted; nothing where there is none."""
    loaded = [*page.scripts, *(each.url for each in (*page.stylesheets, *page.images, *page.embeds))]
    insecure = sorted({stable_url(url) for url in loaded if url.startswith("http:")})
    if not insecure:
        return []
    lines = insecure[:MIXED_CAP]
    if len(insecure) > MIXED_CAP:
        lines.append(f"… {len(insecure) - MIXED_CAP} more")
    return [Fact("security", "mixed_content", "\n".join(lines), evidence="html")]


def _grade_fact(graded: Grade) -> Fact:
    failed = ", ".join(test.result for test in graded.tests if not test.passed)
    return Fact("security", "grade", graded.grade, evidence=f"{graded.score} points; {failed or 'nothing failed'}")
