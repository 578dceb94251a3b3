"""What a look found before anything is stored: as lines for whoever decides whether to watch it."""

from __future__ import annotations

import textwrap
from datetime import datetime

from core.model.scan import Failure, FailureClass, Scan
from core.text import safe
from tui import wording
from tui.panes.paint import Part, labelled
from tui.theme import Glyphs
from tui.widgets.spark import phase_bar

PHASES = (("dns", "dns_ms"), ("tcp", "connect_ms"), ("tls", "tls_ms"), ("wait", "ttfb_ms"), ("recv", "download_ms"))
ADVICE = {
    FailureClass.DNS: "Check the spelling of the host, and whether this machine can resolve it.",
    FailureClass.CONNECT: "Check the port, and whether a firewall lets this machine through.",
    FailureClass.TLS: "Look at the certificate; one of your own authority needs [fetch] ca_file in the settings.",
    FailureClass.TIMEOUT: "It may be slow or drop packets; [fetch] timeout says how long a look waits.",
    FailureClass.HTTP: "What answers does not speak HTTP as it should; check scheme and port.",
    FailureClass.BODY: "The answer broke off or is too large; it may do so for others too.",
    FailureClass.PARSE: "The page cannot be read within its limits; select a part of it, or watch fewer scanners.",
    FailureClass.POLICY: "If this address is yours, choose yes at private; robots.txt binds for competitors.",
}
MOST = 8
Lines = list[list[Part]]


def trial_lines(scan: Scan, now: float, glyphs: Glyphs, width: int) -> Lines:
    """Status, timings, grade, technologies, certificate and title; or the failure and what to do about it."""
    if scan.failure is not None:
        return failure_lines(scan.failure, glyphs.plain, width)
    facts = {(each.kind, each.key): each.value for each in scan.facts}
    numbers = {each.metric: each.value for each in scan.samples}
    status = facts.get(("page", "status"), "")
    good = status[:1] in ("2", "3")
    sign = wording.target_sign("up" if good else "degraded")
    lines = [
        labelled("answer", (f"{sign.mark(glyphs.plain)} ", sign.role), (f"{status or 'an answer'}", sign.role),
                 (f"  {facts.get(('page', 'content_type'), '')}", "muted")),
        labelled("title", (facts.get(("page", "title")) or wording.NOTHING, "")),
        labelled("took", (wording.milliseconds(numbers.get("total_ms", scan.duration_ms)), ""),
                 (f"  first byte {wording.milliseconds(numbers.get('ttfb_ms'))}", "muted"),
                 (f"  {wording.size(numbers.get('transfer_bytes'))}", "muted")),
        labelled("phases", (phase_bar([(name, numbers.get(key)) for name, key in PHASES], max(width - 16, 10),
                                      glyphs=glyphs), "")),
    ]  # fmt: skip
    return [*lines, *_security(scan, facts, now), *_stack(scan)]


def failure_lines(failure: Failure, plain: bool, width: int) -> Lines:
    sign = wording.target_sign("down")
    lines = [labelled("failed", (f"{sign.mark(plain)} {failure.failure_class.value}", sign.role))]
    return [*lines, *wrapped("", failure.message, width), *wrapped("what to do", ADVICE[failure.failure_class], width)]


def wrapped(label: str, words: str, width: int, role: str = "") -> Lines:
    """A long sentence in as many lines as it needs."""
    pieces = textwrap.wrap(safe(words, 600), max(width - 15, 10)) or [""]
    return [labelled(label if not at else "", (piece, role)) for at, piece in enumerate(pieces)]


def _security(scan: Scan, facts: dict[tuple[str, str], str], now: float) -> Lines:
    lines: Lines = []
    if scan.grade is not None:
        failed = sum(not test.passed for test in scan.grade.tests)
        words = f"  {scan.grade.score} points, {wording.counted(failed, 'test')} not passed"
        lines.append(labelled("security", (scan.grade.grade, "heading"), (words, "muted")))
    ends = facts.get(("certificate", "not_after"))
    if ends:
        left = (datetime.fromisoformat(ends).timestamp() - now) / 86_400
        role = "up" if left > 14 else "degraded" if left > 0 else "down"
        lines.append(labelled("certificate", (f"{left:.0f} days left", role), (f"  until {ends[:10]}", "muted")))
    return lines


def _stack(scan: Scan) -> Lines:
    if not scan.technologies:
        return [labelled("stack", ("nothing recognised", "muted"))]
    lines = [
        labelled("" if at else "stack", (f"{each.name} {each.version}".strip(), ""),
                 (f"  {', '.join(each.categories)}", "muted"))
        for at, each in enumerate(scan.technologies[:MOST])
    ]  # fmt: skip
    more = len(scan.technologies) - MOST
    return [*lines, labelled("", (f"and {more} more", "muted"))] if more > 0 else lines
