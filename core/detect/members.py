"""Scripts, stylesheets, images, links and feeds that a page names: which came and which went."""

from __future__ import annotations

from core.detect.comparison import Comparison, Finding, Pair, finding, typed
from core.model.scan import Fact

_TYPES = {
    "script": "content.script",
    "stylesheet": "content.stylesheet",
    "image": "content.image",
    "link": "content.link",
    "feed": "content.link",
}
# Above this a list of members is one change: a new menu is not forty.
LISTED = 20
# Kinds whose members are always told one by one, because each may be an intruder.
_EACH = frozenset({"script", "stylesheet"})


def detect_members(comparison: Comparison) -> list[Finding]:
    """One finding a URL, or one for all of a kind where there are many; what stands beside a URL does not count."""
    found = []
    for kind in _TYPES:
        found += _came_or_went(comparison, kind, "added")
        found += _came_or_went(comparison, kind, "removed")
    return found


def _came_or_went(comparison: Comparison, kind: str, way: str) -> list[Finding]:
    name = f"{_TYPES[kind]}_{way}"
    pairs = comparison.come(kind) if way == "added" else comparison.gone(kind)
    if len(pairs) > LISTED and kind not in _EACH:
        return [_listed(comparison, kind, name, pairs, way)]
    because = "the page names it now" if way == "added" else "the page no longer names it"
    return [_member(comparison, name, kind, pair, because) for pair in pairs]


def _member(comparison: Comparison, name: str, kind: str, pair: Pair, because: str) -> Finding:
    """The key says which URL; before and after show what stood beside it, the URL itself where nothing did."""
    shown = Pair(pair.key, _shown(pair.before), _shown(pair.after))
    return finding(comparison, name, shown, kind, because)


def _shown(fact: Fact | None) -> Fact | None:
    if fact is None:
        return None
    return Fact(fact.kind, fact.key, fact.key, fact.confidence, fact.evidence)


def _listed(comparison: Comparison, kind: str, name: str, pairs: list[Pair], way: str) -> Finding:
    keys = "\n".join(pair.key for pair in pairs)
    before, after = (None, keys) if way == "added" else (keys, None)
    facts = tuple(fact for pair in pairs for fact in pair.facts)
    change = typed(comparison, name, "", before, after, because=f"{len(pairs)} of them at once")
    return Finding(change, kind, "", before or "", after or "", facts)
