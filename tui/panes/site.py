"""One site, a page a tab: what holds now, as lines."""

from __future__ import annotations

from collections.abc import Iterable

from core.model.alert import AlertState
from core.model.scan import Fact
from core.text import in_one_line
from core.view import Site
from tui import wording
from tui.panes.paint import Part, labelled
from tui.panes.trial import wrapped
from tui.theme import Glyphs
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
MOST_A_KIND = 200


def lines_of(tab: str, site: Site, now: float, glyphs: Glyphs, width: int) -> Lines:
    """The lines of one tab."""
    if tab == "Now":
        return [*fault_lines(site, glyphs.plain, width), *now_lines(site, now, glyphs, width)]
    if tab == "Config":
        return [*fault_lines(site, glyphs.plain, width), *config_lines(site)]
    lines = fact_lines(site.facts, KINDS.get(tab, ()))
    return [*grade_lines(site), [], *lines] if tab == "Security" else lines


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


def grade_lines(site: Site) -> Lines:
    """The grade, and each test that took points from it with its reason."""
    found = next((each for each in site.facts if (each.kind, each.key) == ("security", "grade")), None)
    if found is None:
        return [[(" no grade yet", "muted")]]
    points = found.evidence.partition(";")[0]
    lines: Lines = [[(" grade ", "heading"), (found.value, ""), (f"  {points} of 100 and some for extras", "muted")]]
    for each in site.failed_tests:
        lines.append([(f" {each.modifier:>5}  ", "removed"), (each.reason, ""), (f"  {each.name}", "muted")])
    if not site.failed_tests:
        lines.append([("   every test that can take points was passed", "up")])
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
    record, plain = site.record, glyphs.plain
    sign = wording.target_sign(str(record["status"]), site.target.paused)
    days, room = record["cert"], max(width - 15, 10)
    stack = ", ".join(f"{name} {version}".strip() for name, version in record["tech"] or ())
    lines: Lines = [
        labelled("state", (sign.label(plain), sign.role), (f"  {record['failures'] or 0:,} failed looks", "muted")),
        labelled("url", (site.target.url, "link")),
        labelled("title", (record["title"] or wording.NOTHING, "")),
        labelled("last look", (wording.moment(record["last_at"]), ""),
                 (f"  {wording.ago(record['last_at'], now)}", "muted")),
        labelled("next look", (wording.countdown(record["next_due"], now), ""),
                 (f"  {record['scans'] or 0:,} looks so far", "muted")),
        labelled("took", (wording.milliseconds(record["total_ms"]), ""),
                 (f"  first byte {wording.milliseconds(record['ttfb_ms'])}", "muted"),
                 (f"  {wording.size(record['transfer_bytes'])}", "muted")),
        labelled("phases", (phase_bar([(name, record[key]) for name, key in PHASES], room, glyphs=glyphs), "")),
        labelled("security", (wording.grade(record["sec"]), ""),
                 (f"  certificate {wording.days_left(None if days is None else days * 86_400)}", "muted")),
        labelled("stack", (stack or wording.NOTHING, "")),
        labelled("changed", (wording.ago(record["changed_at"], now), "")),
    ]  # fmt: skip
    return [*lines, [], *_open_alerts(site, now, plain), *_recent(site, now, plain)]


def _open_alerts(site: Site, now: float, plain: bool) -> Lines:
    lines: Lines = []
    for each in site.alerts:
        if each.state is not AlertState.RESOLVED:
            sign = wording.alert_sign(each.state)
            words = f"  {wording.alert_words(each)}"
            lines.append(labelled(f"A-{each.id}", (sign.label(plain), sign.role), (words, ""),
                                  (f"  {wording.told(each.deliveries)}", "muted")))  # fmt: skip
    return lines or [labelled("alerts", ("none open", "muted"))]


def _recent(site: Site, now: float, plain: bool) -> Lines:
    return [
        labelled(wording.day_or_clock(each.at, now), (f"C-{each.id} ", "muted"), (wording.change_words(each), ""))
        for each in site.changes[:6]
    ]


def fact_lines(facts: Iterable[Fact], kinds: tuple[str, ...]) -> Lines:
    """Facts kind by kind, keys in order; a long kind is cut with a word about it."""
    lines: Lines = []
    for kind in kinds:
        found = sorted((each for each in facts if each.kind == kind), key=lambda each: each.key)
        if not found:
            continue
        lines.append([(f" {kind.replace('_', ' ')}", "heading"), (f"  {len(found)}", "muted")])
        for each in found[:MOST_A_KIND]:
            key = "" if kind in ("heading", "text", "inline_script") else each.key
            first, *more = each.value.splitlines() or [""]
            lines.append([("   ", ""), (f"{key}  " if key else "", "label"), (first, "")])
            lines += [[("     ", ""), (line, "")] for line in more[:20]]
        if len(found) > MOST_A_KIND:
            lines.append([(f"   and {len(found) - MOST_A_KIND:,} more", "muted")])
    return lines or [[(" nothing seen yet", "muted")]]


def config_lines(site: Site) -> Lines:
    target = site.target
    when = f"cron {target.schedule.cron} ({target.schedule.timezone})" if target.schedule.cron else (
        f"every {wording.duration(target.schedule.every or 0)}")  # fmt: skip
    rows = (
        ("name", target.name), ("id", f"T-{target.id}"), ("uuid", target.uuid), ("url", target.url), ("when", when),
        ("profile", target.profile.value), ("class", target.target_class.value), ("owner", target.owner),
        ("tags", ", ".join(target.tags)), ("scanners", ", ".join(target.scanners)),
        ("select", target.content.select), ("ignore", ", ".join(target.content.ignore)),
        ("thresholds", ", ".join(f"{name} +{wording.percent(share, 0)}" for name, share in target.thresholds)),
        ("private", "allowed" if target.allow_private else "refused"),
        ("declared in", "the settings file" if target.origin.value == "file" else "the store"),
        ("paused", "yes" if target.paused else "no"),
    )  # fmt: skip
    return [labelled(name, (value or wording.NOTHING, "" if value else "muted")) for name, value in rows]
