"""Cookies that lost a flag which protected them.

Cookies that come and go are no changes: which ones a look is handed depends on consent, tests and luck.
"""

from __future__ import annotations

from core.detect.comparison import Comparison, Finding, finding

_SAME_SITE_RANK = ("samesite=none", "samesite=lax", "samesite=strict")


def detect_cookies(comparison: Comparison) -> list[Finding]:
    """One finding for each cookie whose flags protect it less."""
    found = []
    for pair in comparison.differing("cookie"):
        if pair.before is None or pair.after is None:
            continue
        if loss := _lost(_flags(pair.before.value), _flags(pair.after.value)):
            found.append(finding(comparison, "security.cookie_weakened", pair, "cookie", loss))
    return found


def _lost(before: frozenset[str], after: frozenset[str]) -> str:
    lost: list[str] = [flag for flag in ("httponly", "secure", "partitioned") if flag in before and flag not in after]
    if _same_site(after) < _same_site(before):
        lost.append(_SAME_SITE_RANK[_same_site(before)])
    return f"{', '.join(lost)} lost" if lost else ""


def _same_site(flags: frozenset[str]) -> int:
    """The place of the SameSite flag, weakest first; without one browsers act as if it were Lax (RFC 6265bis 5.6.7)."""
    return next((place for place, flag in enumerate(_SAME_SITE_RANK) if flag in flags), 1)


def _flags(value: str) -> frozenset[str]:
    return frozenset(flag.strip().lower() for flag in value.split(";"))
