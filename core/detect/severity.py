"""How much a change matters: the severity of its type, raised or lowered by what exactly happened.

The defaults stand in CHANGE_TYPES; `ADJUSTERS` holds one small function for each type whose severity depends on more.
"""

from __future__ import annotations

from collections.abc import Callable

from core.detect.comparison import Comparison, family, host_of
from core.detect.grades import place
from core.detect.headers import protects
from core.model.change import CHANGE_TYPES, Change, Reason, Severity
from core.query.versions import version_key

Adjustment = tuple[Severity, str]
Adjuster = Callable[[Change, Comparison], Adjustment | None]

# Metas that say something to people or search engines; the others steer rendering.
_SPOKEN_METAS = ("description", "keywords", "author", "canonical", "language", "robots", "googlebot")
_SPOKEN_PREFIXES = ("og:", "twitter:", "article:", "product:")
_STEPS_FOR_HIGH = 6


def severity_of(change: Change, comparison: Comparison) -> tuple[Severity, Reason]:
    """The severity of a change and the reason for it."""
    adjust = ADJUSTERS.get(change.type)
    adjusted = adjust(change, comparison) if adjust else None
    if adjusted is None:
        level = CHANGE_TYPES[change.type].severity
        return level, Reason("severity", level.word, f"what {change.type} has unless more is known")
    level, because = adjusted
    return level, Reason("severity", level.word, because)


def _version(change: Change, _: Comparison) -> Adjustment:
    """By the first number that differs (semver.org): a new major one may break, a lower one loses fixes."""
    before, after = change.before or "", change.after or ""
    if version_key(after) < version_key(before):
        return Severity.MEDIUM, "a lower version than before"
    old, new = before.split(".")[0], after.split(".")[0]
    return (Severity.MEDIUM, "another major version") if old != new else (Severity.LOW, "the same major version")


def _script_added(change: Change, comparison: Comparison) -> Adjustment:
    host, own = host_of(change.key), comparison.host
    if not host or family(host) == family(own):
        return Severity.MEDIUM, "from the site's own domain"
    known = {family(host_of(url)) for url in comparison.old("script")}
    if family(host) in known:
        return Severity.MEDIUM, f"from {family(host)}, which the page already took scripts from"
    return Severity.HIGH, f"from a third party that is new here, {host}"


def _form(change: Change, comparison: Comparison) -> Adjustment | None:
    old, new = comparison.old("form"), comparison.new("form")
    fields = change.after or change.before or ""
    if change.key not in new or change.key in old or "password" not in fields:
        return None
    target, own = _action_host(change.key), comparison.host
    actions = {_action_host(key) for key in old}
    if target and family(target) != family(own) and target not in actions:
        return Severity.HIGH, f"a password form leads to {target}"
    return None


def _action_host(key: str) -> str:
    """The host that a form's key `method action ordinal` leads to."""
    return host_of(key.partition(" ")[2].rpartition(" ")[0])


def _grade(change: Change, _: Comparison) -> Adjustment:
    before, after = change.before or "", change.after or ""
    fall = place(before) - place(after)
    if fall < 0:
        return Severity.INFO, "the grade is better than before"
    if fall >= _STEPS_FOR_HIGH or (fall > 2 and after == "F"):
        return Severity.HIGH, "the grade fell by two letters or more"
    return Severity.MEDIUM, "the grade is worse than before"


def _dns(change: Change, _: Comparison) -> Adjustment:
    if change.key == "NS":
        return Severity.HIGH, "whoever runs the name servers owns the name"
    if change.key == "TXT":
        return Severity.LOW, "text records often hold passing proofs of ownership"
    return Severity.MEDIUM, f"{change.key} records decide where visitors and mail go"


def _status(change: Change, _: Comparison) -> Adjustment:
    before, after = (change.before or "")[:1], (change.after or "")[:1]
    if after in ("4", "5"):
        return Severity.HIGH, "the page answers with an error"
    if before in ("4", "5"):
        return Severity.INFO, "the page no longer answers with an error"
    return Severity.LOW, "another status, and none is an error"


def _header_removed(change: Change, _: Comparison) -> Adjustment | None:
    return None if protects(change.key) else (Severity.LOW, "visitors lose no protection with it")


def _meta(change: Change, _: Comparison) -> Adjustment | None:
    if change.key in ("robots", "googlebot"):
        hidden = "noindex" in (change.after or "") and "noindex" not in (change.before or "")
        return (Severity.HIGH, "search engines are told to leave the page out") if hidden else None
    if change.key in _SPOKEN_METAS or change.key.startswith(_SPOKEN_PREFIXES):
        return None
    return Severity.INFO, "a meta that only steers rendering or proves ownership"


def _redirect(change: Change, _: Comparison) -> Adjustment | None:
    if change.key == "https_redirect" and change.after == "no":
        return Severity.HIGH, "visitors of the plain address stay unprotected"
    last = (change.after or "").rpartition(" ")[2]
    first = (change.before or "").rpartition(" ")[2]
    if host_of(last) and host_of(first) and family(host_of(last)) != family(host_of(first)):
        return Severity.HIGH, f"the way now ends at {host_of(last)}"
    return None


def _issuer(change: Change, comparison: Comparison) -> Adjustment | None:
    self_signed = comparison.new("certificate").get("subject")
    if self_signed is not None and change.after == self_signed.value:
        return Severity.HIGH, "the certificate signs itself"
    return None


def _protocol(change: Change, _: Comparison) -> Adjustment | None:
    return (Severity.CRITICAL, "nothing is encrypted any more") if change.after is None else None


def _listed(change: Change, _: Comparison) -> Adjustment | None:
    return (Severity.LOW, "many at once") if change.key == "" else None


ADJUSTERS: dict[str, Adjuster] = {
    "technology.version_changed": _version,
    "content.script_added": _script_added,
    "content.form_changed": _form,
    "content.status_changed": _status,
    "content.meta_changed": _meta,
    "content.redirect_changed": _redirect,
    "content.link_added": _listed,
    "content.link_removed": _listed,
    "content.image_added": _listed,
    "content.image_removed": _listed,
    "security.header_removed": _header_removed,
    "security.grade_changed": _grade,
    "infrastructure.dns_changed": _dns,
    "tls.issuer_changed": _issuer,
    "tls.protocol_weakened": _protocol,
}
