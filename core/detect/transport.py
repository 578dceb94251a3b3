"""TLS and certificates: another certificate or issuer, names lost, a weaker protocol, and deadlines that near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from core.detect.comparison import Comparison, Finding, finding, typed
from core.model.change import Change, Reason, Severity
from core.model.scan import Fact
from core.model.target import Target

_PROTOCOL_RANK = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_DAY = 86400.0

# Days left and how urgent that is; told once each.
DEADLINES = (
    (1, Severity.CRITICAL),
    (3, Severity.HIGH),
    (7, Severity.HIGH),
    (14, Severity.MEDIUM),
    (30, Severity.LOW),
)
_UNTIL = "until="


def detect_transport(comparison: Comparison) -> list[Finding]:
    """Differences of the certificate and the session; renewals by the same issuer are info."""
    return [*_certificate(comparison), *_protocol(comparison)]


def _certificate(comparison: Comparison) -> list[Finding]:
    found = []
    for key, name, because in (
        ("fingerprint", "tls.certificate_changed", "another certificate"),
        ("issuer", "tls.issuer_changed", "another issuer"),
    ):
        pair = comparison.pair("certificate", key)
        if pair.before and pair.after and pair.before.compared != pair.after.compared:
            found.append(finding(comparison, name, pair, "certificate", because))
    names = comparison.pair("certificate", "san")
    if names.before and names.after and names.before.value != names.after.value:
        lost = sorted(_names(names.before.value) - _names(names.after.value))
        if lost := [name for name in lost if not _covered(name, _names(names.after.value))]:
            because = f"no longer valid for {', '.join(lost)}"
            found.append(finding(comparison, "tls.san_lost", names, "certificate", because))
    return found


def _names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",") if name.strip()}


def _covered(name: str, names: set[str]) -> bool:
    """Whether a wildcard among `names` stands for the name (one label, RFC 6125 6.4.3)."""
    return f"*.{name.partition('.')[2]}" in names


def _protocol(comparison: Comparison) -> list[Finding]:
    pair = comparison.pair("tls", "protocol")
    if pair.before is None:
        return []
    if pair.after is None:
        served = comparison.new("page").get("final_url")
        if served is None or not served.value.startswith("http:"):
            return []
        return [finding(comparison, "tls.protocol_weakened", pair, "tls", "served without TLS now")]
    if _rank(pair.after.value) < _rank(pair.before.value):
        return [finding(comparison, "tls.protocol_weakened", pair, "tls", "an older protocol was agreed on")]
    return []


def _rank(protocol: str) -> int:
    return _PROTOCOL_RANK.index(protocol) if protocol in _PROTOCOL_RANK else len(_PROTOCOL_RANK)


def deadlines(
    certificate: Mapping[str, Fact], warned: tuple[str, ...], target: Target, now: float
) -> tuple[list[Change], tuple[str, ...]]:
    """Warnings that are due, and what was told so far.

    `warned` holds `fingerprint/days` for each warning given and `until=fingerprint/RFC 3339` for the certificate last
    seen, so that the deadline is known when a look brings no facts. Without a readable date nothing is due.
    """
    seen = _last_seen(certificate, warned)
    if seen is None:
        return [], warned
    fingerprint, until = seen
    kept = tuple(each for each in warned if each.startswith(f"{fingerprint}/"))
    expiry = _moment(until)
    if expiry is None:
        return [], (f"{_UNTIL}{fingerprint}/{until}", *kept)
    due = _due(expiry - now)
    told = f"{fingerprint}/{due[0]}" if due else ""
    memory = (f"{_UNTIL}{fingerprint}/{until}", *kept)
    if due is None or told in kept:
        return [], memory
    return [_warning(due, until, target, now)], (*memory, told)


def _last_seen(certificate: Mapping[str, Fact], warned: tuple[str, ...]) -> tuple[str, str] | None:
    if "not_after" in certificate:
        fingerprint = certificate["fingerprint"].value if "fingerprint" in certificate else ""
        return fingerprint.replace("/", ""), certificate["not_after"].value
    for each in warned:
        if each.startswith(_UNTIL):
            fingerprint, _, until = each.removeprefix(_UNTIL).partition("/")
            return fingerprint, until
    return None


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _due(left: float) -> tuple[int, Severity] | None:
    """The tightest deadline that has passed, in days; 0 is the expiry itself."""
    if left <= 0:
        return 0, Severity.CRITICAL
    return next(((days, level) for days, level in DEADLINES if left <= days * _DAY), None)


def _warning(due: tuple[int, Severity], until: str, target: Target, now: float) -> Change:
    days, level = due
    name = "tls.expiring" if days else "tls.expired"
    because = f"less than {days} days are left" if days > 1 else "less than a day is left" if days else "it has expired"
    comparison = Comparison({}, {}, now, target)
    told = f"the certificate is valid until {until}: {because}"
    change = typed(comparison, name, "", None, until, because=told)
    reason = Reason("severity", level.word, because)
    return replace(change, severity=level, reasons=(*change.reasons, reason))
