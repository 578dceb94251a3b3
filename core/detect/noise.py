"""Noise that shows only where before and after stand side by side; each filter says why.

What a single value tells of itself (tokens, nonces, times) is left out before facts are compared, in `core.noise`;
what only time tells (values that go back and forth) is in `judge`. A filter may not silence what could hurt: see
PROTECTED.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from core.detect.comparison import Comparison, Finding, host_of, suppressed
from core.model.change import ChangeState
from core.model.scan import Fact

# Never silenced for their looks: loss of protection, reachability, certificates, versions.
PROTECTED = (
    "security.", "availability.", "tls.", "technology.", "performance.", "content.status_changed",
    "content.script_", "content.form_changed",
)  # fmt: skip

_ADVERTISERS = re.compile(
    r"(?:^|\.)(?:ad|ads|adserver|adservice|adserv|banner|banners|doubleclick|googlesyndication|googleadservices|"
    r"adnxs|taboola|outbrain|criteo|amazon-adsystem|pubmatic|rubiconproject|adform|smartadserver)(?=\.)"
)
_ADVERTISING = re.compile(r"\b(?:advertisement|sponsored|promoted|anzeige|publicité|publicidad|werbung)\b", re.I)


def suppress(found: Finding, comparison: Comparison) -> Finding:
    """The finding, suppressed by the first filter that knows it; untouched if none does."""
    if found.change.state is ChangeState.SUPPRESSED or found.change.type.startswith(PROTECTED):
        return found
    for judge in FILTERS:
        if because := judge(found, comparison):
            return suppressed(found, because)
    return found


def _advertising_host(found: Finding, _: Comparison) -> str:
    if found.kind not in ("link", "image") or not found.fact_key:
        return ""
    host = host_of(found.fact_key)
    return f"an advertiser's address ({host})" if _ADVERTISERS.search(host) else ""


def _advertising_text(found: Finding, comparison: Comparison) -> str:
    gone, come = _members(found, comparison)
    if not gone or len(gone) != len(come):
        return ""
    return "advertising blocks take turns" if all(_ADVERTISING.search(f.value) for f in gone + come) else ""


def _whitespace(found: Finding, _: Comparison) -> str:
    before, after = found.change.before, found.change.after
    if before is None or after is None or not found.fact_key:
        return ""
    return "only white space differs" if before.split() == after.split() else ""


def _members(found: Finding, comparison: Comparison) -> tuple[list[Fact], list[Fact]]:
    """The members gone and come of a set of visible texts, else nothing."""
    if found.kind not in ("text", "heading") or found.fact_key:
        return [], []
    old, new = comparison.old(found.kind), comparison.new(found.kind)
    gone = [old[key] for key in (found.was or "").split("\n") if key in old]
    come = [new[key] for key in (found.holds or "").split("\n") if key in new]
    return gone, come


FILTERS: tuple[Callable[[Finding, Comparison], str], ...] = (
    _whitespace,
    _advertising_host,
    _advertising_text,
)
