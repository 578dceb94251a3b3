"""The scanners by the name that targets ask for them: one look in, findings out."""

from __future__ import annotations

from collections.abc import Callable

from core.model.scan import Fact
from core.scan.content import scan_content
from core.scan.infrastructure import scan_infrastructure
from core.scan.look import Findings, Look
from core.scan.page import Page
from core.scan.performance import scan_performance
from core.scan.security import scan_security

Scanner = Callable[[Look], Findings]


def scan_technology(look: Look) -> Findings:
    """The software that a response shows, and a fact for each."""
    found = look.recognition.detect(look.response, look.page or Page("", look.response.final_url))
    facts = tuple(Fact("technology", each.name, each.version, each.confidence, each.evidence) for each in found)
    return Findings(facts=facts, technologies=found)


SCANNERS: dict[str, Scanner] = {
    "performance": scan_performance,
    "security": scan_security,
    "technology": scan_technology,
    "content": scan_content,
    "infrastructure": scan_infrastructure,
}

PAGE_READERS = frozenset({"security", "technology", "content"})
