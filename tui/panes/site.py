"""One site, a page a tab: what holds now, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.cells import cell_len

from core.model.alert import AlertState
from core.model.scan import Fact
from core.text import in_one_line, safe
from core.view import Site, Timeline
from tui import wording
from tui.panes.overview import moment_parts, moments
from tui.panes.paint import Part, flowed, labelled
from tui.panes.rows import DAY, certificate_role
from tui.panes.trial import wrapped
from tui.theme import Glyphs
from tui.widgets.cut import fit
from tui.widgets.spark import phase_bar

Lines = list[list[Part]]
PHASES = (("dns", "dns_ms"), ("tcp", "connect_ms"), ("tls", "tls_ms"), ("wait", "ttfb_ms"), ("recv", "download_ms"))
TABS = ("Now", "Trends", "Changes", "Stack", "Security", "Content", "Infra", "History", "Config")
KINDS = {
    "Stack": ("technology",),
    "Security": ("security", "tls", "certificate", "header", "cookie"),
    "Content": ("page", "meta", "heading", "script", "inline_script", "stylesheet", "feed", "link", "image", "form",
                "text"),
    "Infra": ("infrastructure", "dns"),
}  # fmt: skip
KIND_WORDS = {
    "technology": "technologies", "tls": "TLS", "header": "headers", "cookie": "cookies", "meta": "meta tags",
    "heading": "headings", "script": "scripts", "inline_script": "inline scripts", "stylesheet": "stylesheets",
    "feed": "feeds", "link": "links", "image": "images", "form": "forms", "text": "text, by blocks",
    "infrastructure": "where it lives", "dns": "DNS records",
}  # fmt: skip
GRADE = ("security", "grade")
KEYLESS, GUESSED = ("heading", "text", "inline_script"), ("technology",)
MOST_A_KIND, WIDEST_KEY = 200, 28
WIDEST_BAR = 100
EXTRAS_FROM = 90


def lines_of(tab: str, site: Site, now: float, glyphs: Glyphs, width: int) -> Lines:
    """The lines of one tab."""
    if tab == "Now":
        return [*fault_lines(site, glyphs.plain, width), *now_lines(site, now, glyphs, width)]
    shown = (each for each in site.facts if (each.kind, each.key) != GRADE)  # it has a line of its own
    lines = fact_lines(shown, KINDS.get(tab, ()))
    return [*grade_lines(site, width), [], *lines] if tab == "Security" else lines


def fault_lines(site: Site, plain: bool, width: int) -> Lines:
    """That what is stored of it cannot be read, and what comes of it; nothing of a target that is whole."""
    if not site.target.fault:
        return []
    sign = wording.UNREADABLE
    return [
        labelled("stored", (sign.label(plain), sign.role), ("  nobody looks at it; all other sites are watched", "")),
        *wrapped("why", in_one_line(site.target.fault), width, "error"),
        *wrapped("to do", "e writes it anew (what could not be read is as by default), X removes it", width),
        [],
    ]


def grade_lines(site: Site, width: int) -> Lines:
    """The grade, each test that took or gave points with its reason, and the names of those that were just passed."""
    found = next((each for each in site.facts if (each.kind, each.key) == GRADE), None)
    if found is None:
        return [[(" no grade yet", "muted")]]
    points, tests = found.evidence.partition(";")[0].removesuffix(" points"), site.security_tests
    of = f"  {points} points; 100 without extras" if tests else ""
    lines: Lines = [[(" grade ", "heading"), (found.value, ""), (of, "muted")]]
    for each in tests:
        if each.modifier or not each.passed:
            role = "removed" if each.modifier < 0 else "added" if each.modifier else "muted"
            lines.append([(f" {each.modifier:>+5}  ", role), (each.reason, ""), (f"  {each.name}", "muted")])
    if any(each.modifier > 0 for each in tests):
        lines.append([(f"        extras count from {EXTRAS_FROM} points on", "muted")])
    passed = [each.name for each in tests if each.passed and not each.modifier]
    if passed:
        head = f"     0  passed {len(passed)} of {len(tests)}: "
        lines += flowed([[(head, "up"), (", ".join(passed), "muted")]], width, 8)
    return lines


def title(site: Site, now: float, plain: bool) -> list[Part]:
    """` ✖ shop  down  every 1m  tags shop,eu  owner ops`."""
    record = site.record
    sign = wording.target_sign(str(record["status"]), site.target.paused)
    every = site.target.schedule.cron or f"every {wording.short_duration(site.target.schedule.every or 0)}"
    parts: list[Part] = [(f" {sign.mark(plain)} ", sign.role), (site.target.name, "heading"),
                         (f"  {sign.word}", sign.role), (f"  {every}", "muted")]  # fmt: skip
    if site.target.tags:
        parts.append((f"  tags {','.join(site.target.tags)}", "muted"))
    if site.target.owner:
        parts.append((f"  owner {site.target.owner}", "muted"))
    return parts


def now_lines(site: Site, now: float, glyphs: Glyphs, width: int) -> Lines:
    """How it is, since when and why, who was told, and what its last look measured."""
    record, plain = site.record, glyphs.plain
    sign = wording.target_sign(str(record["status"]), site.target.paused)
    days = record["cert"]
    stack = ", ".join(f"{name} {version}".strip() for name, version in record["tech"] or ())
    return [
        labelled("state", (sign.label(plain), sign.role), (_failed_words(record), "muted")),
        *_open_alerts(site, now, plain),
        labelled("url", (site.target.url, "link")),
        labelled("title", (record["title"] or wording.NOTHING, "")),
        labelled("last look", (wording.moment(record["last_at"]), ""),
                 (f"  {wording.ago(record['last_at'], now)}", "muted")),
        labelled("next look", (_next_words(site, now), "")),
        *_measured(record, glyphs, width),
        labelled("security", (wording.grade(record["sec"]), ""), ("  certificate ", "muted"),
                 (wording.days_left(None if days is None else days * DAY), certificate_role(days))),
        labelled("stack", (stack or wording.NOTHING, "")),
        labelled("changed", (wording.ago(record["changed_at"], now), "")),
    ]  # fmt: skip


def _failed_words(record: Mapping[str, Any]) -> str:
    looks, failed = record["scans"] or 0, record["failures"] or 0
    return f"  {failed:,} of {looks:,} looks failed" if failed else f"  none of {looks:,} looks failed" if looks else ""


def _next_words(site: Site, now: float) -> str:
    return "none while it is paused" if site.target.paused else wording.countdown(site.record["next_due"], now)


def _measured(record: Mapping[str, Any], glyphs: Glyphs, width: int) -> Lines:
    """Where the time of the last look went; a look that failed has measured nothing."""
    if record["total_ms"] is None:
        return [labelled("took", ("nothing measured at the last look", "muted"))]
    return [
        labelled("took", (wording.milliseconds(record["total_ms"]), ""),
                 (f"  first byte {wording.milliseconds(record['ttfb_ms'])}", "muted"),
                 (f"  {wording.size(record['transfer_bytes'])}", "muted")),
        labelled("phases", (phase_bar([(name, record[key]) for name, key in PHASES],
                                      min(max(width - 15, 10), WIDEST_BAR), glyphs=glyphs), "label")),
    ]  # fmt: skip


def _open_alerts(site: Site, now: float, plain: bool) -> Lines:
    lines: Lines = []
    for each in site.alerts:
        if each.state is not AlertState.RESOLVED:
            sign = wording.alert_sign(each.state)
            since = f"  since {wording.day_or_clock(each.since, now)}  {wording.told(each.deliveries)}"
            lines.append(labelled(f"A-{each.id}", (sign.label(plain), sign.role),
                                  (f"  {wording.alert_words(each)}", ""), (since, "muted")))  # fmt: skip
    return lines or [labelled("alerts", ("none open", "muted"))]


def happened_lines(site: Site, now: float, plain: bool, width: int, rows: int) -> Lines:
    """What happened here, oldest first, and what comes next: for where it does not stand beside the figures."""
    found = moments(Timeline(site.record, site.changes, site.alerts), now, plain)[-max(rows, 3) :]
    lines: Lines = [[], [(" what happened", "heading")]]
    for each in found:
        left, right = moment_parts(each, now, width)
        lines.append([*left, ("   ", ""), *right])
    return lines if found else [*lines, [("   nothing yet", "muted")]]


def fact_lines(facts: Iterable[Fact], kinds: tuple[str, ...]) -> Lines:
    """Facts kind by kind, keys in order; a long kind is cut with a word about it."""
    lines: Lines = []
    for kind in kinds:
        found = sorted((each for each in facts if each.kind == kind), key=lambda each: each.key)
        if not found:
            continue
        lines.append([(f" {KIND_WORDS.get(kind, kind.replace('_', ' '))}", "heading"), (f"  {len(found)}", "muted")])
        room = min(max((cell_len(_key(each)) for each in found), default=0), WIDEST_KEY)
        for each in found[:MOST_A_KIND]:
            lines += _fact_lines(each, room)
        if len(found) > MOST_A_KIND:
            lines.append([(f"   and {len(found) - MOST_A_KIND:,} more", "muted")])
    return lines or [[(" nothing seen yet", "muted")]]


def _key(fact: Fact) -> str:
    return "" if fact.kind in KEYLESS else safe(fact.key.replace("_", " "), 200)


def _fact_lines(fact: Fact, room: int) -> Lines:
    """Its key, its value below each other in one column, and of what is guessed from what and how surely."""
    first, *more = fact.value.splitlines() or [""]
    key = _key(fact)
    lead: list[Part] = [(f"   {key if cell_len(key) > room else fit(key, room)}  " if room else "   ", "label")]
    told: list[Part] = []
    if fact.kind in GUESSED:
        told = [(f"  {wording.confidence(fact.confidence)} sure", "muted"), (f"  {fact.evidence}", "muted")]
    below: Lines = [[("     " + " " * room, ""), (line, "")] for line in more[:20]]
    return [[*lead, (first, ""), *told], *below]
