"""The fields that a filter can ask about: one table of names, aliases, types and the records that have them.

A record is a plain mapping; `Field.keys` says under which of its keys a field's value stands. A field that is not in
this table is an error of the filter, because a rule that can never match is worse than one that is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.model.alert import AlertEvent
from core.model.change import Verdict
from core.model.target import Profile, TargetClass

TARGETS, CHANGES, ALERTS, DELIVERIES = "targets", "changes", "alerts", "deliveries"
JOBS, TECHNOLOGIES, AUDIT = "jobs", "technologies", "audit"
KINDS = (TARGETS, CHANGES, ALERTS, DELIVERIES, JOBS, TECHNOLOGIES, AUDIT)

# From calm to alarming: the order in which `sort:state` ranks them.
STATES = (
    "paused", "up", "completed", "delivered", "resolved", "unknown", "pending", "running", "sending", "suppressed",
    "suspected", "confirmed", "silenced", "acknowledged", "stale", "inconclusive", "retrying", "degraded", "failed",
    "firing", "down", "dead",
)  # fmt: skip
STATE_ALIASES = {"acked": "acknowledged", "unacked": "firing"}
STATE_RANK = {state: rank for rank, state in enumerate(STATES)}

GRADES = ("F", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+")
GRADE_RANK = {grade: rank for rank, grade in enumerate(GRADES)}

CHANGE_GROUPS = frozenset(
    {
        "technology", "performance", "availability", "security", "tls", "content", "infrastructure", "schema",
        "container", "file", "database", "service",
    }
)  # fmt: skip


class FieldType(StrEnum):
    """How a field's values are written, ordered and compared."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    DURATION = "duration"
    SIZE = "size"
    PERCENT = "percent"
    SEVERITY = "severity"
    GRADE = "grade"
    STATE = "state"
    TIME = "time"
    TYPE = "change type"
    VERSION = "version"
    TECH = "technology"


ORDERED_OPERATORS = (":", "=", "!=", ">", ">=", "<", "<=")
TEXT_OPERATORS = (":", "=", "!=", "~")
_TEXT_TYPES = frozenset({FieldType.TEXT, FieldType.WORD, FieldType.STATE, FieldType.TYPE, FieldType.TECH})


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `keys` are the record's keys tried in order (none: the name itself).

    `unit` is what one stored unit means: seconds for durations, the number that stands for 100 % for percents.
    With `since`, the value is the time from the record's moment under `keys` until now.
    `choices` are all values there are, where that is known.
    """

    name: str
    type: FieldType
    kinds: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    unit: float = 1.0
    since: bool = False
    choices: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that make sense for its type."""
        return TEXT_OPERATORS if self.type in _TEXT_TYPES else ORDERED_OPERATORS

    @property
    def ranged(self) -> bool:
        """Whether `a..b` is a range of values rather than text."""
        return self.type not in _TEXT_TYPES

    @property
    def record_keys(self) -> tuple[str, ...]:
        """Where to look in a record."""
        return self.keys or (self.name,)


_T = FieldType
_ABOUT_A_TARGET = (TARGETS, CHANGES, ALERTS)
_TIMED = (CHANGES, ALERTS, DELIVERIES, AUDIT, JOBS)
_DAY = 86400.0
_MS = 0.001

FIELDS: dict[str, Field] = {
    each.name: each
    for each in (
        Field("name", _T.TEXT, KINDS, ("site", "target"), ("name", "target")),
        Field("url", _T.TEXT, _ABOUT_A_TARGET),
        Field("title", _T.TEXT, (TARGETS,)),
        Field("tag", _T.WORD, _ABOUT_A_TARGET, ("tags",), ("tag", "tags")),
        Field("class", _T.WORD, _ABOUT_A_TARGET, (), ("class", "target_class"), choices=tuple(TargetClass)),
        Field("owner", _T.WORD, _ABOUT_A_TARGET),
        Field("profile", _T.WORD, _ABOUT_A_TARGET, choices=tuple(Profile)),
        Field("kind", _T.WORD, _ABOUT_A_TARGET),
        Field("origin", _T.WORD, (TARGETS, AUDIT)),
        Field("state", _T.STATE, (TARGETS, CHANGES, ALERTS, DELIVERIES, JOBS), ("status",), choices=STATES),
        Field("dns_ms", _T.DURATION, (TARGETS,), ("dns",), unit=_MS),
        Field("connect_ms", _T.DURATION, (TARGETS,), ("connect",), unit=_MS),
        Field("tls_ms", _T.DURATION, (TARGETS,), ("tls",), unit=_MS),
        Field("ttfb_ms", _T.DURATION, (TARGETS,), ("ttfb",), unit=_MS),
        Field("download_ms", _T.DURATION, (TARGETS,), ("download",), unit=_MS),
        Field("total_ms", _T.DURATION, (TARGETS,), ("total", "load"), unit=_MS),
        Field("transfer_bytes", _T.SIZE, (TARGETS,), ("transfer",)),
        Field("body_bytes", _T.SIZE, (TARGETS,), ("body", "size")),
        Field("every", _T.DURATION, (TARGETS,), ("interval",)),
        Field("cert", _T.DURATION, (TARGETS,), ("cert_days",), ("cert", "cert_days"), unit=_DAY),
        Field("sec", _T.GRADE, (TARGETS,), ("grade",), ("sec", "grade"), choices=GRADES[::-1]),
        Field("score", _T.NUMBER, (TARGETS,)),
        Field("tech", _T.TECH, (TARGETS, TECHNOLOGIES), ("technology",), ("tech", "technologies")),
        Field("version", _T.VERSION, (TECHNOLOGIES,)),
        Field("category", _T.WORD, (TECHNOLOGIES,), ("categories",), ("category", "categories")),
        Field("vuln", _T.SEVERITY, (TARGETS,), ("vulnerability",)),
        Field("changed", _T.TYPE, (TARGETS, CHANGES), (), ("changed", "type")),
        Field("failures", _T.NUMBER, (TARGETS,)),
        Field("scans", _T.NUMBER, (TARGETS,)),
        Field("seen", _T.TIME, (TARGETS,), ("last_at",), ("seen", "last_at")),
        Field("due", _T.TIME, (TARGETS,), ("next_due",), ("due", "next_due")),
        Field("id", _T.WORD, KINDS),
        Field("uuid", _T.WORD, KINDS),
        Field("at", _T.TIME, _TIMED, ("since",), ("at", "since", "scheduled_for")),
        Field(
            "age",
            _T.DURATION,
            (TARGETS, *_TIMED),
            keys=("at", "since", "last_at", "seen", "scheduled_for"),
            since=True,
        ),
        Field("type", _T.TYPE, (CHANGES, ALERTS)),
        Field("key", _T.TEXT, (CHANGES, ALERTS, DELIVERIES)),
        Field("before", _T.TEXT, (CHANGES,)),
        Field("after", _T.TEXT, (CHANGES,)),
        Field("evidence", _T.TEXT, (CHANGES,)),
        Field("severity", _T.SEVERITY, (CHANGES, ALERTS), ("sev",)),
        Field("confidence", _T.PERCENT, (CHANGES, TECHNOLOGIES), ("conf",)),
        Field("verdict", _T.WORD, (CHANGES, ALERTS), choices=tuple(Verdict)),
        Field("rule", _T.TEXT, (ALERTS,)),
        Field("note", _T.TEXT, (ALERTS,)),
        Field("by", _T.TEXT, (ALERTS, AUDIT), ("actor", "user", "acknowledged_by"), ("by", "actor", "acknowledged_by")),
        Field("channel", _T.TEXT, (ALERTS, DELIVERIES)),
        Field("event", _T.WORD, (DELIVERIES,), choices=tuple(AlertEvent)),
        Field("alert", _T.WORD, (DELIVERIES,)),
        Field("response", _T.TEXT, (DELIVERIES,)),
        Field("attempts", _T.NUMBER, (DELIVERIES, JOBS), ("attempt",)),
        Field("error", _T.TEXT, (JOBS,)),
        Field("started_at", _T.TIME, (JOBS,), ("started",)),
        Field("completed_at", _T.TIME, (JOBS,)),
        Field("action", _T.TEXT, (AUDIT,)),
        Field("subject", _T.TEXT, (AUDIT,)),
        Field("detail", _T.TEXT, (AUDIT,)),
    )
}

ALIASES: dict[str, str] = {alias: each.name for each in FIELDS.values() for alias in each.aliases}

# What a bare word, a phrase or a bare regex looks through: who it is, and what happened to it.
SEARCHED = (
    "name", "target", "title", "url", "tag", "tags", "type", "key", "before", "after", "rule", "channel", "response",
    "error", "actor", "action", "subject", "detail",
)  # fmt: skip


def field_named(name: str) -> Field | None:
    """The field of that name or alias."""
    lowered = name.lower()
    return FIELDS.get(ALIASES.get(lowered, lowered))


def state_named(word: str) -> str | None:
    """The state that a bare word stands for: `unacked` is `firing`."""
    lowered = word.lower()
    return STATE_ALIASES.get(lowered, lowered if lowered in STATE_RANK else None)


def canonical_type(pattern: str) -> str:
    """`technology_added` as `technology.added`; anything else as it is."""
    group, underscore, rest = pattern.partition("_")
    if underscore and "." not in pattern and group in CHANGE_GROUPS:
        return f"{group}.{rest}"
    return pattern
