"""Every word and sign that screens show: states with their glyphs, ages, counts, and sentences that can be read aloud.

Colour is never alone: a state is a glyph, a word and the name of a role. Foreign text that enters a sentence here goes
through `core.text.safe`, and nothing here is markup. Times are epoch seconds and are shown in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Severity, Verdict
from core.model.target import Status
from core.text import duration_words, safe

STALE_AFTER = 3.0  # intervals without news
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Sign:
    """How one state is shown. Both glyphs are one cell wide; `role` names a style of the theme."""

    glyph: str
    plain: str
    word: str
    role: str
    short: str = ""

    def mark(self, plain: bool = False) -> str:
        """The glyph alone, from ASCII when `plain`."""
        return self.plain if plain else self.glyph

    def label(self, plain: bool = False) -> str:
        """Glyph and word, as in `● up`."""
        return f"{self.mark(plain)} {self.word}"

    @property
    def brief(self) -> str:
        """The word for narrow columns."""
        return self.short or self.word


# -- signs

PAUSED = "paused"

TARGET_SIGNS: dict[str, Sign] = {
    Status.UP: Sign("●", "o", "up", "up"),
    Status.DEGRADED: Sign("▲", "^", "degraded", "degraded", "degr"),
    Status.DOWN: Sign("✖", "X", "down", "down"),
    PAUSED: Sign("‖", "=", "paused", "paused"),
    Status.UNKNOWN: Sign("?", "?", "unknown", "unknown", "unkn"),
    Status.INCONCLUSIVE: Sign("≈", "~", "inconclusive", "inconclusive", "incon"),
}

SEVERITY_SIGNS: dict[Severity, Sign] = {
    Severity.CRITICAL: Sign("◆", "!", "critical", "critical", "CRIT"),
    Severity.HIGH: Sign("▲", "^", "high", "high", "HIGH"),
    Severity.MEDIUM: Sign("■", "+", "medium", "medium", "MED"),
    Severity.LOW: Sign("▫", "-", "low", "low", "LOW"),
    Severity.INFO: Sign("·", ".", "info", "info", "INFO"),
}

ALERT_SIGNS: dict[str, Sign] = {
    AlertState.FIRING: Sign("◆", "!", "firing", "firing"),
    AlertState.ACKNOWLEDGED: Sign("✓", "v", "acknowledged", "acknowledged", "acked"),
    AlertState.SILENCED: Sign("‖", "=", "silenced", "silenced"),
    AlertState.RESOLVED: Sign("○", "o", "resolved", "resolved"),
}

DELIVERY_SIGNS: dict[str, Sign] = {
    DeliveryState.PENDING: Sign("◷", ".", "pending", "pending"),
    DeliveryState.SENDING: Sign("→", ">", "sending", "sending"),
    DeliveryState.DELIVERED: Sign("✓", "v", "delivered", "delivered", "sent"),
    DeliveryState.RETRYING: Sign("↻", "@", "retrying", "retrying", "retry"),
    DeliveryState.DEAD: Sign("✖", "X", "dead", "dead"),
}

CHANGE_SIGNS: dict[str, Sign] = {
    ChangeState.CONFIRMED: Sign("●", "o", "confirmed", "confirmed"),
    ChangeState.SUSPECTED: Sign("◌", "?", "suspected", "suspected", "susp"),
    ChangeState.SUPPRESSED: Sign("▫", "-", "suppressed", "suppressed", "noise"),
    ChangeState.INCONCLUSIVE: Sign("≈", "~", "inconclusive", "inconclusive", "incon"),
}

VERDICT_SIGNS: dict[str, Sign] = {
    Verdict.REAL: Sign("✓", "v", "real", "text"),
    Verdict.NOISE: Sign("▫", "-", "noise", "muted"),
    Verdict.EXPECTED: Sign("=", "=", "expected", "muted"),
}

JOB_SIGNS: dict[str, Sign] = {
    "pending": Sign("◷", ".", "pending", "pending"),
    "running": Sign("→", ">", "running", "sending"),
    "completed": Sign("✓", "v", "completed", "delivered", "done"),
    "retrying": Sign("↻", "@", "retrying", "retrying", "retry"),
    "failed": Sign("▲", "^", "failed", "degraded"),
    "dead": Sign("✖", "X", "dead", "dead"),
}

HEALTH_SIGNS: dict[str, Sign] = {
    "ok": Sign("●", "o", "ok", "up"),
    "busy": Sign("▲", "^", "behind", "degraded"),
    "trouble": Sign("✖", "X", "trouble", "down"),
    "idle": Sign("○", ".", "idle", "muted"),
    "unknown": Sign("?", "?", "unknown", "unknown", "unkn"),
}

UNREADABLE = Sign("✖", "X", "unreadable", "down")

DIFFERENCE_SIGNS: dict[str, Sign] = {
    "added": Sign("+", "+", "added", "added"),
    "removed": Sign("-", "-", "removed", "removed"),
    "changed": Sign("~", "~", "changed", "changed"),
    "same": Sign(" ", " ", "same", "muted"),
}

EVENT_SIGNS: dict[str, Sign] = {
    "change": Sign("C", "C", "change", "event_change"),
    "alert": Sign("A", "A", "alert", "event_alert"),
    "delivery": Sign("N", "N", "notification", "event_delivery"),
}

FAMILIES: dict[str, Mapping[str, Sign] | Mapping[Severity, Sign]] = {
    "target": TARGET_SIGNS,
    "severity": SEVERITY_SIGNS,
    "alert": ALERT_SIGNS,
    "delivery": DELIVERY_SIGNS,
    "change": CHANGE_SIGNS,
    "verdict": VERDICT_SIGNS,
    "job": JOB_SIGNS,
    "health": HEALTH_SIGNS,
    "difference": DIFFERENCE_SIGNS,
    "event": EVENT_SIGNS,
}

# What the model can say and nothing can bring about yet: help does not speak of it.
NOT_YET = frozenset({AlertState.SILENCED})

_STRANGE = Sign("?", "?", "unknown", "unknown", "unkn")


def target_sign(status: str, paused: bool = False) -> Sign:
    """A target's sign; paused hides what the last look said. A word that is not a status is `unknown`."""
    return TARGET_SIGNS[PAUSED] if paused else TARGET_SIGNS.get(status, _STRANGE)


def severity_sign(severity: Severity) -> Sign:
    return SEVERITY_SIGNS[severity]


def alert_sign(state: str) -> Sign:
    return ALERT_SIGNS.get(state, _STRANGE)


def delivery_sign(state: str) -> Sign:
    return DELIVERY_SIGNS.get(state, _STRANGE)


def change_sign(state: str) -> Sign:
    return CHANGE_SIGNS.get(state, _STRANGE)


def job_sign(state: str) -> Sign:
    return JOB_SIGNS.get(state, _STRANGE)


def difference_sign(before: str | None, after: str | None) -> Sign:
    """Added, removed, changed or same, by what stood before and after."""
    if before == after:
        return DIFFERENCE_SIGNS["same"]
    if before is None:
        return DIFFERENCE_SIGNS["added"]
    return DIFFERENCE_SIGNS["removed" if after is None else "changed"]


# -- times

_UNITS = (("d", "day", 86_400), ("h", "hour", 3600), ("m", "minute", 60), ("s", "second", 1))


def clock(at: float | None) -> str:
    """`14:02:31`; a dash where there is no moment."""
    return _moment(at).strftime("%H:%M:%S") if at else NOTHING


def moment(at: float | None) -> str:
    """`2026-11-23 14:02:31Z`."""
    return _moment(at).strftime("%Y-%m-%d %H:%M:%SZ") if at else NOTHING


def day_or_clock(at: float | None, now: float) -> str:
    """The time of today, the date of any other day: eight cells at most."""
    if not at:
        return NOTHING
    then = _moment(at)
    return then.strftime("%H:%M:%S" if then.date() == _moment(now).date() else "%b %d")


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(max(0.0, min(at, 253_402_300_799.0)), UTC)


def age(at: float | None, now: float) -> str:
    """How long ago in one unit and at most four cells: `9s`, `6m`, `2h`, `31d`. The future is `0s`."""
    return short_duration(now - at) if at else NOTHING


def short_duration(seconds: float) -> str:
    """A duration in its largest unit, rounded down: `9s`, `6m`, `23h`, `31d`."""
    left = max(0, int(seconds))
    for letter, _, size in _UNITS:
        if left >= size:
            return f"{left // size}{letter}"
    return "0s"


def duration(seconds: float) -> str:
    """A duration in its two largest units: `6m12s`, `2d4h`."""
    return duration_words(max(0.0, float(round(seconds))))


def spoken_duration(seconds: float) -> str:
    """A duration as it is said: `6 minutes 12 seconds`."""
    left = max(0, round(seconds))
    parts = []
    for _, word, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(counted(count, word))
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts) or "0 seconds"


def ago(at: float | None, now: float) -> str:
    """`6 minutes ago`, for sentences; `never` where there is no moment."""
    if not at:
        return "never"
    seconds = now - at
    return f"{spoken_duration(seconds)} ago" if seconds >= 1 else "just now"


def countdown(at: float | None, now: float) -> str:
    """`in 1:48`, `in 2h05`, `now`: what comes next."""
    if not at:
        return NOTHING
    left = int(at - now)
    if left <= 0:
        return "now"
    if left >= 86_400:
        return f"in {left // 86_400}d{left % 86_400 // 3600:02}"
    if left >= 3600:
        return f"in {left // 3600}h{left % 3600 // 60:02}"
    return f"in {left // 60}:{left % 60:02}"


# -- figures


def number(value: float) -> str:
    """Whole with thousands apart: `9,912`."""
    return f"{round(value):,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 site`, `9,912 sites`."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def milliseconds(value: float | None) -> str:
    """`640 ms`, `1.84 s`, `12.3 s`."""
    if value is None:
        return NOTHING
    if value < 999.5:
        return f"{value:.0f} ms"
    return f"{value / 1000:.2f} s" if value < 9_995 else f"{value / 1000:.1f} s"


def size(value: float | None) -> str:
    """Decimal bytes: `812 B`, `57 kB`, `2.4 MB`, `4.2 GB`."""
    if value is None:
        return NOTHING
    for unit, one in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= one:
            return f"{value / one:.1f} {unit}"
    return f"{value / 1e3:.0f} kB" if value >= 1e3 else f"{value:.0f} B"


def percent(share: float | None, digits: int = 1) -> str:
    """A share between 0 and 1 as `99.3 %`. Only what is whole is shown as 100 %, and only nothing as 0 %."""
    if share is None:
        return NOTHING
    step = 10.0**-digits
    shown = round(share * 100, digits)
    if share < 1.0 and shown >= 100.0:
        shown = 100.0 - step
    elif share > 0.0 and shown <= 0.0:
        shown = step
    return f"{shown:.{digits}f} %"


def confidence(value: float) -> str:
    """`.97`, `1.0`: three cells. What is not certain is not shown as certain."""
    return "1.0" if value >= 1 else f"{min(value, 0.99):.2f}"[1:]


def grade(letter: str | None) -> str:
    return letter or NOTHING


def days_left(seconds: float | None) -> str:
    """Until a certificate ends: `212d`, `19h`, `over`."""
    if seconds is None:
        return NOTHING
    return short_duration(seconds) if seconds > 0 else "over"


# -- freshness


def stale(at: float | None, every: float, now: float) -> str:
    """`STALE 42s` when the last news is older than three intervals, else nothing."""
    if not at or every <= 0 or now - at <= STALE_AFTER * every:
        return ""
    return f"STALE {short_duration(now - at)}"


def read_ago(age: str) -> str:
    """`read 9s ago`, `read now`."""
    return f"read {age}" if age == "now" else f"read {age} ago"


def frozen(at: float, held: int) -> str:
    """`FROZEN 14:02:31 +12 held`."""
    return f"FROZEN {clock(at)} +{number(held)} held" if held else f"FROZEN {clock(at)}"


def more_rows(count: int, key: str = "G") -> str:
    """`+12 new (G)`; nothing when there are none."""
    return f"+{number(count)} new ({key})" if count else ""


def matches(shown: int, total: int) -> str:
    """`137 of 10,000`."""
    return f"{number(shown)} of {number(total)}"


# -- sentences


def tally(
    counts: Mapping[str, int], unacknowledged: int = 0, plain: bool = False, worst: Severity = Severity.CRITICAL
) -> list[tuple[str, Sign]]:
    """The verdict line's parts, worst first: (`✖ 3 down`, sign). Empty states are left out, but not `up`.

    What is not acknowledged is as loud as the `worst` of it.
    """
    order = (Status.DOWN, Status.INCONCLUSIVE, Status.DEGRADED, Status.UNKNOWN, Status.UP, PAUSED)
    parts = []
    for state in order:
        count = counts.get(state, 0)
        if count or state == Status.UP:
            sign = TARGET_SIGNS[state]
            parts.append((f"{sign.mark(plain)} {number(count)} {sign.word}", sign))
    if unacknowledged:
        parts.append((f"! {number(unacknowledged)} unacked", SEVERITY_SIGNS[worst]))
    return parts


def one_line(counts: Mapping[str, int], unacknowledged: int) -> str:
    """The whole watch where there is room for a line only: `3 down 41 degr 3 unacked`, or `all 9,912 up`."""
    worse = (Status.DOWN, Status.INCONCLUSIVE, Status.DEGRADED, Status.UNKNOWN)
    parts = [f"{number(counts[state])} {TARGET_SIGNS[state].brief}" for state in worse if counts.get(state)]
    if unacknowledged:
        parts.append(f"{number(unacknowledged)} unacked")
    return " ".join(parts) or f"all {number(counts.get(Status.UP, 0))} up"


def spoken_tally(counts: Mapping[str, int], unacknowledged: int) -> str:
    """The watch in a sentence: `3 sites are down, 41 are degraded, 9,912 are up. 3 alerts wait for somebody.`"""
    order = (Status.DOWN, Status.DEGRADED, Status.INCONCLUSIVE, Status.UNKNOWN, Status.UP, PAUSED)
    there = [(counts[state], TARGET_SIGNS[state].word) for state in order if counts.get(state)]
    if not there:
        return "Nothing is watched yet."
    first, *rest = [
        f"{counted(count, 'site') if not at else number(count)} {'is' if count == 1 else 'are'} {word}"
        for at, (count, word) in enumerate(there)
    ]
    waiting = (
        f" {counted(unacknowledged, 'alert')} {_verb(unacknowledged, 'wait')} for somebody." if unacknowledged else ""
    )
    return f"{', '.join([first, *rest])}.{waiting}"


def _verb(count: int, word: str) -> str:
    return word + "s" if count == 1 else word


def target_sentence(name: str, status: str, paused: bool, since: float | None, now: float) -> str:
    """`shop-eu is down for 6 minutes 12 seconds`."""
    lasting = f" for {spoken_duration(now - since)}" if since else ""
    return f"{safe(name, 120)} is {target_sign(status, paused).word}{lasting}"


_WHAT = {
    "added": "{key} added: {after}",
    "removed": "{key} removed",
    "changed": "{key}: {before} → {after}",
}


METRIC_WORDS = {
    "dns_ms": "dns", "connect_ms": "connect", "tls_ms": "tls", "ttfb_ms": "first byte", "download_ms": "download",
    "total_ms": "load", "transfer_bytes": "size", "body_bytes": "body",
}  # fmt: skip


def metric_value(metric: str, value: float | None) -> str:
    """A measurement in its unit."""
    return milliseconds(value) if metric.endswith("_ms") else size(value)


def both_sides(change: Change) -> tuple[str, str]:
    """What was and what is, to be compared: measurements in their units, all else as it was read."""
    before, after = change.before or "", change.after or ""
    if not change.type.startswith("performance."):
        return before, after
    try:
        return metric_value(change.key, float(before)), metric_value(change.key, float(after))
    except ValueError:
        return before, after


def _down_words(change: Change) -> str:
    return f"down: {_value(change.after)}" if change.after and change.after != "down" else "down"


def _speed_words(change: Change) -> str:
    metric = METRIC_WORDS.get(change.key, change.key)
    try:
        before, after = (metric_value(change.key, float(each or "")) for each in (change.before, change.after))
    except ValueError:
        return ""
    return f"{metric} {before} → {after}"


def _expiry_words(change: Change) -> str:
    tense = "expired" if change.type == "tls.expired" else "expires"
    return f"certificate {tense} {_day(change.after)}" if change.after else ""


def _day(moment: str) -> str:
    """`Dec 03` of a moment as RFC 3339 has it; what is none stays as it is."""
    try:
        return datetime.fromisoformat(moment).strftime("%b %d")
    except ValueError:
        return _value(moment)


def _certificate_words(change: Change) -> str:
    if change.key != "fingerprint" or not (change.before and change.after):
        return ""
    return f"certificate replaced: {_value(change.before)[:8]} → {_value(change.after)[:8]}"


def _script_words(change: Change) -> str:
    where = change.key.partition("://")[2] or change.key
    return f"script {'added' if change.type.endswith('added') else 'removed'}: {where}" if where else ""


_HEADERS = {"strict-transport-security": "HSTS", "content-security-policy": "CSP"}


def _header_words(change: Change) -> str:
    """`HSTS removed`, as everybody calls it; the name itself stands in the filter, the evidence and the JSON."""
    known = _HEADERS.get(change.key)
    if known is None:
        return ""
    form = _WHAT.get(difference_sign(change.before, change.after).word, "{key}")
    return form.format(key=known, before=_value(change.before), after=_value(change.after))


_FAMILIAR: dict[str, Callable[[Change], str]] = {
    "availability.down": _down_words,
    "availability.up": lambda change: "up again",
    "performance.degraded": _speed_words,
    "performance.improved": _speed_words,
    "performance.anomaly": _speed_words,
    **dict.fromkeys(
        ("security.header_added", "security.header_removed", "security.header_weakened", "security.header_changed"),
        _header_words,
    ),
    "content.script_added": _script_words,
    "content.script_removed": _script_words,
    "tls.expiring": _expiry_words,
    "tls.expired": _expiry_words,
    "tls.certificate_changed": _certificate_words,
}


def change_words(change: Change, limit: int = 200) -> str:
    """What differs, without where and when: `nginx: 1.25.3 → 1.27.1`, `strict-transport-security removed`."""
    familiar = _FAMILIAR.get(change.type)
    if familiar is not None and (words := familiar(change)):
        return safe(words, limit)
    key = safe(change.key, 120) or change.type.partition(".")[2].replace("_", " ")
    before, after = _value(change.before), _value(change.after)
    form = difference_sign(change.before, change.after).word
    if form == "same":
        return key
    if form == "added" and not after:
        return f"{key} added"
    return safe(_WHAT[form].format(key=key, before=before or "nothing", after=after or "nothing"), limit)


def _value(text: str | None) -> str:
    """The first line of a value, for a line."""
    if not text:
        return ""
    first, *more = text.splitlines() or [""]
    return safe(first, 80) + (" …" if more else "")


def change_sentence(change: Change, now: float) -> str:
    """A whole change, read aloud: what, where, how sure, when."""
    kind = change.type.replace(".", " ").replace("_", " ")
    where = f" on {safe(change.target, 120)}" if change.target else ""
    sure = f"{change.confidence * 100:.0f} percent sure" if change.confidence < 1 else "certain"
    what = change_words(change).replace(" → ", " became ")
    return f"{change.severity.word} {kind}{where}: {what}; {change.state.value}, {sure}, {ago(change.at, now)}"


def alert_subject(alert: Alert) -> str:
    """Where it hurts; an alert without a target is about the watch itself."""
    return safe(alert.target, 120) or "the watch itself"


def alert_words(alert: Alert, limit: int = 200) -> str:
    """Its cause in a line: its last change, and how many came before."""
    if not alert.changes:
        return safe(alert.rule, limit)
    words = change_words(alert.changes[-1], limit)
    more = len(alert.changes) - 1
    return f"{words} (+{more})" if more else words


def alert_sentence(alert: Alert, now: float) -> str:
    """A whole alert, read aloud."""
    by = f" by {safe(alert.acknowledged_by, 60)}" if alert.acknowledged_by else ""
    lasting = spoken_duration(now - alert.since)
    return (
        f"{alert.severity.word} alert A-{alert.id} on {alert_subject(alert)}, {alert.state.value}{by}"
        f" for {lasting}: {alert_words(alert)}"
    )


_EVENT_WORDS = {
    AlertEvent.FIRING: "that it fires",
    AlertEvent.RESOLVED: "that it is over",
    AlertEvent.DIGEST: "in a digest",
    AlertEvent.DRILL: "in a drill",
}


def told_words(channels: Iterable[str], event: AlertEvent) -> str:
    """`mail and hook told that it fires`."""
    return f"{' and '.join(safe(each, 60) for each in channels)} told {_EVENT_WORDS[event]}"


def delivery_words(delivery: Delivery, now: float) -> str:
    """Who was told, or will be: `ops-slack told that it fires`, `ops-hook is tried again in 0:40, …`."""
    channel = safe(delivery.channel, 60)
    if delivery.state is DeliveryState.DELIVERED:
        return told_words([delivery.channel], delivery.event)
    if delivery.state is DeliveryState.DEAD:
        answer = f": {safe(delivery.response, 80)}" if delivery.response else ""
        return f"{channel} gave up after {counted(delivery.attempts, 'attempt')}{answer}"
    if delivery.state is DeliveryState.SENDING:
        return f"{channel} is being told"
    if delivery.state is DeliveryState.RETRYING:
        return f"{channel} is tried again {countdown(delivery.at, now)}, after {counted(delivery.attempts, 'attempt')}"
    return f"{channel} is told {countdown(delivery.at, now)}"


def told(deliveries: Iterable[Delivery]) -> str:
    """Who has been told, in few cells: `2 told`, `1 told, 1 retrying`, `nobody told`."""
    counts: dict[str, int] = {}
    for each in deliveries:
        counts[each.state] = counts.get(each.state, 0) + 1
    names = {DeliveryState.DELIVERED: "told"}
    parts = [f"{counts[state]} {names.get(state, state.value)}" for state in _TOLD_ORDER if counts.get(state)]
    return ", ".join(parts) or "nobody told"


_TOLD_ORDER = (
    DeliveryState.DELIVERED, DeliveryState.SENDING, DeliveryState.PENDING, DeliveryState.RETRYING, DeliveryState.DEAD,
)  # fmt: skip


def readonly_words() -> str:
    return "read-only: looking is all this console may do"


def copied(characters: int, path: str, sent: bool) -> str:
    """The notice after a copy: both places, because no terminal says whether it took it."""
    amount = counted(characters, "character")
    if sent:
        return f"{amount} sent to the terminal's clipboard, and written to {safe(path, 200)}"
    return f"{amount} written to {safe(path, 200)}; too many for the terminal's clipboard"
