"""Response headers as facts: every one that tells of the site, with the header line as evidence."""

from __future__ import annotations

from collections.abc import Container

from core.model.facts import VOLATILE_HEADERS
from core.model.scan import Fact
from core.noise import stable_header
from core.scan.response import Response

LONGEST_VALUE = 4096
LONGEST_EVIDENCE = 300


def header_facts(response: Response, wanted: Container[str] | None = None, *, but: Container[str] = ()) -> list[Fact]:
    """One fact a header name, repeated values joined. Volatile headers never are facts; nor is what `but` holds."""
    sent: dict[str, list[str]] = {}
    for name, value in response.headers:
        sent.setdefault(name.lower(), []).append(value)
    facts = []
    for name, values in sent.items():
        if name in VOLATILE_HEADERS or name in but or (wanted is not None and name not in wanted):
            continue
        value = ", ".join(values)[:LONGEST_VALUE]
        stable = stable_header(name, value)
        facts.append(
            Fact("header", name, value, evidence=header_line(name, value), stable=stable if stable != value else "")
        )
    return facts


def header_line(name: str, value: str) -> str:
    """The evidence for what a header says, cut to a readable length."""
    return cut(f"{name}: {value}")


def status_line(response: Response) -> str:
    """The evidence for what the first line of a response says: `HTTP/1.1 200`."""
    return f"{response.http_version or 'status'} {response.status}"


def cut(evidence: str) -> str:
    """At most LONGEST_EVIDENCE characters."""
    return evidence if len(evidence) <= LONGEST_EVIDENCE else f"{evidence[: LONGEST_EVIDENCE - 1]}…"
