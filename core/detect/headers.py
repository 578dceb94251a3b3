"""Security headers: whether a new value protects less than the old one, by a table of rules per header.

Sources: RFC 6797 (HSTS), CSP Level 3, RFC 7034 (X-Frame-Options), the Fetch and Referrer Policy standards.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from core.detect.comparison import Comparison, Finding, finding
from core.model.facts import SECURITY_HEADERS

# Headers whose mere absence takes no protection from the visitor: their removal is a change, not a loss.
_REPORTING = frozenset(
    {"content-security-policy-report-only", "nel", "report-to", "reporting-endpoints", "expect-ct", "public-key-pins"}
)
_HARMLESS_WHEN_GONE = _REPORTING | {"access-control-allow-origin", "clear-site-data", "x-xss-protection"}

_DANGEROUS_SOURCES = ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "data:", "http:", "https:")
_FRAME_RANK = ("allow-from", "sameorigin", "deny")
_REFERRER_RANK = (
    "unsafe-url",
    "no-referrer-when-downgrade",
    "origin-when-cross-origin",
    "origin",
    "strict-origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "no-referrer",
)
_OPENER_RANK = ("unsafe-none", "same-origin-allow-popups", "noopener-allow-popups", "same-origin")
_EMBEDDER_RANK = ("unsafe-none", "credentialless", "require-corp")
_RESOURCE_RANK = ("cross-origin", "same-site", "same-origin")
_DOMAINS_RANK = ("all", "by-ftp-filename", "by-content-type", "master-only", "none")


def detect_headers(comparison: Comparison) -> list[Finding]:
    """Security headers added, removed, weakened or changed; other headers are no changes of their own."""
    found = []
    for pair in comparison.differing("header"):
        if pair.key not in SECURITY_HEADERS:
            continue
        if pair.before is None:
            found.append(finding(comparison, "security.header_added", pair, "header", "the header is new"))
        elif pair.after is None:
            found.append(finding(comparison, "security.header_removed", pair, "header", "the header is gone"))
        elif loss := weakened(pair.key, pair.before.compared, pair.after.compared):
            found.append(finding(comparison, "security.header_weakened", pair, "header", loss))
        else:
            found.append(finding(comparison, "security.header_changed", pair, "header", "the value differs"))
    return found


def protects(name: str) -> bool:
    """Whether a visitor loses protection when the header goes."""
    return name not in _HARMLESS_WHEN_GONE


def weakened(name: str, before: str, after: str) -> str:
    """What the new value of a header no longer protects from, "" when it protects as well as before."""
    rule = _RULES.get(name)
    return rule(before.strip().lower(), after.strip().lower()) if rule else ""


def _strict_transport(before: str, after: str) -> str:
    old, new = _max_age(before), _max_age(after)
    if new < old:
        return f"max-age fell from {old} to {new} s"
    lost = [flag for flag in ("includesubdomains", "preload") if flag in before and flag not in after]
    return f"{' and '.join(lost)} lost" if lost else ""


def _max_age(value: str) -> int:
    match = re.search(r'max-age\s*=\s*"?(\d{1,18})', value)
    return int(match[1]) if match else 0


def _content_security(before: str, after: str) -> str:
    old, new = _directives(before), _directives(after)
    if lost := sorted(name for name in old.keys() - new.keys() if not _covered(name, old, new)):
        return f"directive {', '.join(lost)} lost"
    for name in sorted(new):
        gained = [
            source for source in _DANGEROUS_SOURCES if source in new[name] and source not in _sources(name, old, new)
        ]
        if gained:
            return f"{name} now allows {', '.join(gained)}"
    return ""


def _sources(name: str, old: dict[str, frozenset[str]], new: dict[str, frozenset[str]]) -> frozenset[str]:
    """What the old policy allowed for a directive; one it did not have fell back to default-src, or to nothing."""
    fallback = old.get("default-src", new[name]) if name.endswith("-src") else new[name]
    return old.get(name, fallback)


def _covered(name: str, old: dict[str, frozenset[str]], new: dict[str, frozenset[str]]) -> bool:
    """Whether a fetch directive that is gone falls back to a default-src that opens nothing dangerous."""
    if not name.endswith("-src") or "default-src" not in new:
        return False
    fallback = new["default-src"]
    if old[name] == {"'none'"}:
        return fallback == {"'none'"}
    return not any(source in fallback and source not in old[name] for source in _DANGEROUS_SOURCES)


def _directives(policy: str) -> dict[str, frozenset[str]]:
    parts = (directive.split() for directive in policy.split(";"))
    return {words[0]: frozenset(words[1:]) for words in parts if words}


def _ranked(rank: tuple[str, ...]) -> Callable[[str, str], str]:
    """A rule for headers with one word as value, weakest first; a list counts as its last known word."""

    def rule(before: str, after: str) -> str:
        old, new = _place(before, rank), _place(after, rank)
        return f"{rank[old]} became {rank[new]}" if 0 <= new < old else ""

    return rule


def _place(value: str, rank: tuple[str, ...]) -> int:
    words = re.findall(r"[a-z-]+", value)
    known = [rank.index(word) for word in words if word in rank]
    return known[-1] if known else -1


def _content_type_options(before: str, after: str) -> str:
    return "nosniff lost" if "nosniff" in before and "nosniff" not in after else ""


def _allowed_origin(before: str, after: str) -> str:
    return f"any origin may read now, before only {before}" if after == "*" and before != "*" else ""


def _permissions(before: str, after: str) -> str:
    old, new = _features(before), _features(after)
    opened = sorted(name for name, allowed in new.items() if "*" in allowed and "*" not in old.get(name, "*"))
    freed = sorted(name for name in old if old[name] == "()" and name not in new)
    return f"{', '.join(opened + freed)} no longer restricted" if opened or freed else ""


def _features(policy: str) -> dict[str, str]:
    pairs = re.findall(r"([a-z-]+)\s*=\s*(\([^)]*\)|\*|self)", policy)
    return dict(pairs)


def _cross_site_scripting(before: str, after: str) -> str:
    return "the filter was switched off" if before.startswith("1") and not after.startswith("1") else ""


_RULES: dict[str, Callable[[str, str], str]] = {
    "strict-transport-security": _strict_transport,
    "content-security-policy": _content_security,
    "x-frame-options": _ranked(_FRAME_RANK),
    "referrer-policy": _ranked(_REFERRER_RANK),
    "cross-origin-opener-policy": _ranked(_OPENER_RANK),
    "cross-origin-embedder-policy": _ranked(_EMBEDDER_RANK),
    "cross-origin-resource-policy": _ranked(_RESOURCE_RANK),
    "x-permitted-cross-domain-policies": _ranked(_DOMAINS_RANK),
    "x-content-type-options": _content_type_options,
    "access-control-allow-origin": _allowed_origin,
    "permissions-policy": _permissions,
    "x-xss-protection": _cross_site_scripting,
}
