"""What differs between two moments: the vocabulary of change types, severities and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """Ordered: info < low < medium < high < critical."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


SEVERITY_ALIASES = {"warning": "medium", "med": "medium", "crit": "critical", "err": "high", "error": "high"}


def severity(word: str) -> Severity:
    """The severity a word names, aliases included; ValueError for any other word."""
    name = word.strip().lower()
    try:
        return Severity[SEVERITY_ALIASES.get(name, name).upper()]
    except KeyError:
        raise ValueError(f"'{word}' is not a severity (info, low, medium, high, critical)") from None


class ChangeState(StrEnum):
    """Suspected waits for the next look; suppressed was judged noise; inconclusive could not be judged."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    SUPPRESSED = "suppressed"
    INCONCLUSIVE = "inconclusive"


class Verdict(StrEnum):
    """What an operator says of a change or alert afterwards."""

    REAL = "real"
    NOISE = "noise"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision: which step, what it decided, and because of what."""

    step: str
    outcome: str
    because: str


@dataclass(frozen=True, slots=True)
class Change:
    """One typed difference. `before`/`after` are None where there was or is nothing.

    `id` and `uuid` are given by the store; `target_id` 0 means no target (the watch itself).
    """

    type: str
    key: str
    before: str | None
    after: str | None
    severity: Severity
    confidence: float
    state: ChangeState
    at: float
    reasons: tuple[Reason, ...] = ()
    evidence: str = ""
    target_id: int = 0
    target: str = ""
    id: int = 0
    uuid: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class ChangeType:
    """A stable identifier with the severity it has unless a detector knows better.

    `unstable` kinds are reported only after `confirm_scans` looks agree. `ends` names the type whose alert this one
    resolves (availability.up ends availability.down of the same target; equal keys where keys matter).
    """

    name: str
    severity: Severity
    unstable: bool = False
    ends: str = ""


_S = Severity
CHANGE_TYPES: dict[str, ChangeType] = {
    each.name: each
    for each in (
        ChangeType("technology.added", _S.LOW, unstable=True, ends="technology.removed"),
        ChangeType("technology.removed", _S.MEDIUM, unstable=True, ends="technology.added"),
        ChangeType("technology.version_changed", _S.MEDIUM, unstable=True),
        ChangeType("technology.version_hidden", _S.LOW, unstable=True),
        ChangeType("technology.version_revealed", _S.LOW, unstable=True),
        ChangeType("performance.degraded", _S.MEDIUM, ends="performance.improved"),
        ChangeType("performance.improved", _S.INFO, ends="performance.degraded"),
        ChangeType("performance.anomaly", _S.LOW),
        ChangeType("availability.down", _S.CRITICAL, unstable=True),
        ChangeType("availability.up", _S.INFO, ends="availability.down"),
        ChangeType("availability.inconclusive", _S.HIGH),
        ChangeType("security.header_added", _S.INFO, unstable=True, ends="security.header_removed"),
        ChangeType("security.header_removed", _S.HIGH, unstable=True),
        ChangeType("security.header_weakened", _S.HIGH, unstable=True),
        ChangeType("security.header_changed", _S.LOW, unstable=True),
        ChangeType("security.grade_changed", _S.MEDIUM, unstable=True),
        ChangeType("security.vulnerability_appeared", _S.HIGH),
        ChangeType("security.vulnerability_fixed", _S.INFO, ends="security.vulnerability_appeared"),
        ChangeType("security.cookie_weakened", _S.MEDIUM, unstable=True),
        ChangeType("tls.certificate_changed", _S.INFO, unstable=True),
        ChangeType("tls.issuer_changed", _S.MEDIUM, unstable=True),
        ChangeType("tls.expiring", _S.HIGH),
        ChangeType("tls.expired", _S.CRITICAL),
        ChangeType("tls.protocol_weakened", _S.HIGH, unstable=True),
        ChangeType("tls.san_lost", _S.MEDIUM, unstable=True),
        ChangeType("content.title_changed", _S.LOW, unstable=True),
        ChangeType("content.meta_changed", _S.LOW, unstable=True),
        ChangeType("content.text_changed", _S.LOW, unstable=True),
        ChangeType("content.headings_changed", _S.LOW, unstable=True),
        ChangeType("content.script_added", _S.MEDIUM, unstable=True),
        ChangeType("content.script_removed", _S.LOW, unstable=True),
        ChangeType("content.inline_script_changed", _S.LOW, unstable=True),
        ChangeType("content.stylesheet_added", _S.LOW, unstable=True),
        ChangeType("content.stylesheet_removed", _S.LOW, unstable=True),
        ChangeType("content.link_added", _S.INFO, unstable=True),
        ChangeType("content.link_removed", _S.INFO, unstable=True),
        ChangeType("content.image_added", _S.INFO, unstable=True),
        ChangeType("content.image_removed", _S.INFO, unstable=True),
        ChangeType("content.form_changed", _S.MEDIUM, unstable=True),
        ChangeType("content.content_type_changed", _S.MEDIUM, unstable=True),
        ChangeType("content.status_changed", _S.HIGH, unstable=True),
        ChangeType("content.redirect_changed", _S.MEDIUM, unstable=True),
        ChangeType("infrastructure.ip_changed", _S.LOW, unstable=True),
        ChangeType("infrastructure.dns_changed", _S.MEDIUM, unstable=True),
        ChangeType("infrastructure.server_changed", _S.LOW, unstable=True),
        ChangeType("infrastructure.cdn_changed", _S.MEDIUM, unstable=True),
        ChangeType("infrastructure.hosting_changed", _S.MEDIUM, unstable=True),
    )
}


def change_type(name: str) -> ChangeType:
    """The type a name stands for; `technology_added` is accepted for `technology.added`. KeyError otherwise."""
    if name in CHANGE_TYPES:
        return CHANGE_TYPES[name]
    return CHANGE_TYPES[name.replace("_", ".", 1)]
