"""Facts whose values differ in their volatile parts only: recorded as suppressed, naming the filters."""

from __future__ import annotations

from core import noise
from core.detect.comparison import Comparison, Finding, Pair, finding, suppressed
from core.model.facts import SECURITY_HEADERS

_TYPES = {
    "meta": "content.meta_changed",
    "heading": "content.headings_changed",
    "text": "content.text_changed",
    "inline_script": "content.inline_script_changed",
    "form": "content.form_changed",
    "technology": "technology.version_changed",
}
_PAGE_TYPES = {
    "title": "content.title_changed",
    "canonical": "content.meta_changed",
    "redirects": "content.redirect_changed",
}
_SETS = ("heading", "text", "inline_script")


def detect_volatile(comparison: Comparison) -> list[Finding]:
    """One suppressed finding a fact, and one for all members of a set."""
    found: list[Finding] = []
    for kind in (*_TYPES, "page", "header"):
        named = [(name, pair) for pair in comparison.reworded(kind) if (name := _type(kind, pair)) is not None]
        if kind in _SETS and named:
            found.append(_set(comparison, kind, [pair for _, pair in named]))
        else:
            found += [_alone(comparison, name, kind, pair) for name, pair in named]
    return found


def _type(kind: str, pair: Pair) -> str | None:
    """The type that a real difference of the fact would have, None where nothing volatile differs."""
    if pair.before is None or pair.after is None or pair.before.compared != pair.after.compared:
        return None
    if kind == "page":
        return _PAGE_TYPES.get(pair.key)
    if kind == "header":
        return "security.header_changed" if pair.key in SECURITY_HEADERS else None
    return _TYPES[kind]


def _alone(comparison: Comparison, name: str, kind: str, pair: Pair) -> Finding:
    return suppressed(finding(comparison, name, pair, kind, "the value differs"), _because([pair]))


def _set(comparison: Comparison, kind: str, pairs: list[Pair]) -> Finding:
    because = f"{len(pairs)} of {comparison.count_new(kind)} differ"
    return suppressed(finding(comparison, _TYPES[kind], pairs[0], kind, because, key=""), _because(pairs))


def _because(pairs: list[Pair]) -> str:
    """Which filters made the values agree."""
    names = {name for pair in pairs for fact in pair.facts for name in noise.filters(fact.value, fact.compared)}
    return f"only volatile parts differ: {', '.join(sorted(names)) or 'spelling'}"
