"""From single traces to technologies: what belongs together, what follows from it and what it rules out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.model.scan import Technology
from core.scan.technology.fingerprints import Field, Fingerprint, Implied
from core.scan.technology.matcher import Hit
from core.text import safe

LONGEST_SNIPPET = 120


@dataclass(frozen=True, slots=True)
class _Seen:
    """A technology on its way: `confidence` per cent, `hit` the trace that says most, `because` what implied it."""

    fingerprint: Fingerprint
    confidence: int
    version: str
    hit: Hit | None = None
    because: str = ""


def resolve(hits: Iterable[Hit], fingerprints: Mapping[str, Fingerprint]) -> tuple[Technology, ...]:
    """The technologies that hits amount to, by name.

    Confidences of a technology's hits add up to at most 1; the longest version wins, of equally long ones the first.
    A technology that requires others is there only with one of them; excluded ones go before implications are drawn.
    """
    seen = _with_what_they_require(_combined(hits, fingerprints), fingerprints)
    for entry in list(seen.values()):
        if entry.fingerprint.name in seen:
            for name in entry.fingerprint.excludes:
                seen.pop(name, None)
    _imply(seen, fingerprints)
    return tuple(_technology(seen[name]) for name in sorted(seen, key=str.casefold))


def _combined(hits: Iterable[Hit], fingerprints: Mapping[str, Fingerprint]) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for hit in hits:
        confidence = hit.rule.pattern.confidence
        entry = seen.get(hit.technology)
        if entry is None:
            seen[hit.technology] = _Seen(fingerprints[hit.technology], confidence, hit.version, hit)
            continue
        entry = replace(entry, confidence=min(100, entry.confidence + confidence))
        if len(hit.version) > len(entry.version):
            entry = replace(entry, version=hit.version, hit=hit)
        seen[hit.technology] = entry
    return {name: entry for name, entry in seen.items() if entry.confidence > 0}


def _with_what_they_require(seen: dict[str, _Seen], fingerprints: Mapping[str, Fingerprint]) -> dict[str, _Seen]:
    """Start from those that require nothing and add what their presence, or what they imply, allows."""
    kept = {name: entry for name, entry in seen.items() if _satisfied(entry.fingerprint, set(), set())}
    while True:
        present = dict(kept)
        _imply(present, fingerprints)
        categories = {category for entry in present.values() for category in entry.fingerprint.categories}
        added = {
            name: entry
            for name, entry in seen.items()
            if name not in kept and _satisfied(entry.fingerprint, present.keys(), categories)
        }
        if not added:
            return kept
        kept |= added


def _satisfied(fingerprint: Fingerprint, names: Iterable[str], categories: Iterable[str]) -> bool:
    if fingerprint.requires and not set(fingerprint.requires) & set(names):
        return False
    return not fingerprint.requires_category or bool(set(fingerprint.requires_category) & set(categories))


def _imply(seen: dict[str, _Seen], fingerprints: Mapping[str, Fingerprint]) -> None:
    """Add what follows, and what follows from that. An implied technology that was also seen keeps what was seen."""
    waiting = list(seen.values())
    while waiting:
        cause = waiting.pop(0)
        for implied in cause.fingerprint.implies:
            if implied.name not in seen and implied.name in fingerprints:
                entry = _implied(cause, implied, fingerprints[implied.name])
                seen[implied.name] = entry
                waiting.append(entry)


def _implied(cause: _Seen, implied: Implied, fingerprint: Fingerprint) -> _Seen:
    confidence = min(cause.confidence, implied.confidence)
    return _Seen(fingerprint, confidence, implied.version, because=cause.fingerprint.name)


def _technology(entry: _Seen) -> Technology:
    fingerprint = entry.fingerprint
    evidence = _evidence(entry.hit) if entry.hit else f"implied by {safe(entry.because)}"
    return Technology(
        name=fingerprint.name,
        version=safe(entry.version),
        categories=fingerprint.categories,
        confidence=entry.confidence / 100,
        evidence=evidence,
    )


def _evidence(hit: Hit) -> str:
    """Field, place and snippet: `header server: nginx/1.24.0`, `html 120-158: <div id="app"…`."""
    rule = hit.rule
    match rule.field:
        case Field.HTML:
            place = f"html {hit.start}-{hit.end}"
        case Field.INLINE:
            place = f"inline script {hit.ordinal + 1}, {hit.start}-{hit.end}"
        case Field.DOM:
            place = f"dom {rule.key}" + (f" {rule.part}" if rule.part else "")
        case Field.SCRIPT | Field.STYLESHEET | Field.URL:
            place = rule.field.value
        case _:
            place = f"{rule.field} {rule.key}"
    snippet = _snippet(hit)
    return f"{place}: {snippet}" if snippet else place


def _snippet(hit: Hit) -> str:
    """What was matched; of short values the whole, of a cookie only its name, for its value may be a secret."""
    if hit.rule.field is Field.COOKIE or (hit.rule.field is Field.DOM and not hit.rule.part):
        return ""
    if hit.rule.field in (Field.HTML, Field.INLINE):
        matched = hit.value.encode("utf-8", "replace")[hit.start : hit.end].decode("utf-8", "replace")
    else:
        matched = hit.value
    return safe(" ".join(matched[: 4 * LONGEST_SNIPPET].split()), LONGEST_SNIPPET)
