"""Sets without lasting identity - headings, text blocks, inline scripts - compared as wholes: one change a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from core.detect.comparison import Comparison, Finding, suppressed, typed
from core.model.scan import Fact

_TYPES = {
    "heading": ("content.headings_changed", "headings"),
    "text": ("content.text_changed", "blocks"),
    "inline_script": ("content.inline_script_changed", "inline scripts"),
}
_SIMILAR = 0.6
# Pairing compares every gone member with every new one; beyond this many it only counts.
_PAIRED = 40
_SHOWN = 8
_SHOWN_LENGTH = 200


def detect_blocks(comparison: Comparison) -> list[Finding]:
    """At most one finding a kind; where only the borders between blocks moved it is noise."""
    return [found for kind in _TYPES if (found := _compare(comparison, kind)) is not None]


def paired(gone: Sequence[Fact], come: Sequence[Fact]) -> list[tuple[Fact, Fact]]:
    """Members gone and come that are likely the same one reworded, most similar first, each used once."""
    if len(gone) > _PAIRED or len(come) > _PAIRED:
        return []
    scored = sorted(
        ((_similarity(old.value, new.value), i, j) for i, old in enumerate(gone) for j, new in enumerate(come)),
        key=lambda each: (-each[0], each[1], each[2]),
    )
    pairs: list[tuple[Fact, Fact]] = []
    used_old: set[int] = set()
    used_new: set[int] = set()
    for score, i, j in scored:
        if score >= _SIMILAR and i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            pairs.append((gone[i], come[j]))
    return pairs


def _compare(comparison: Comparison, kind: str) -> Finding | None:
    old, new = comparison.old(kind), comparison.new(kind)
    gone = [old[key] for key in sorted(old.keys() - new.keys())]
    come = [new[key] for key in sorted(new.keys() - old.keys())]
    if not gone and not come:
        return None
    name, noun = _TYPES[kind]
    pairs = paired(gone, come)
    total = max(comparison.count_old(kind), comparison.count_new(kind))
    because = _summary(len(gone), len(come), len(pairs), total, noun)
    change = typed(comparison, name, "", _shown(gone), _shown(come), because=because, facts=(*gone[:1], *come[:1]))
    size = _size(gone, come, pairs)
    was, holds = "\n".join(fact.key for fact in gone), "\n".join(fact.key for fact in come)
    found = Finding(change, kind, "", was, holds, (*gone, *come), size)
    if _words(gone, kind) == _words(come, kind):
        return suppressed(found, "the same words in other blocks (re-flow)")
    return found


def _similarity(old: str, new: str) -> float:
    """The ratio of `SequenceMatcher`, 0 where it is below _SIMILAR at a glance."""
    length = len(old) + len(new)
    return _alike(old, new) / length if length else 1.0


def _summary(gone: int, come: int, pairs: int, total: int, noun: str) -> str:
    parts = [(pairs, "changed"), (gone - pairs, "gone"), (come - pairs, "new")]
    told = ", ".join(f"{count} {word}" for count, word in parts if count)
    return f"{told} of {total} {noun}"


def _shown(facts: Sequence[Fact]) -> str | None:
    if not facts:
        return None
    lines = [fact.value[:_SHOWN_LENGTH] for fact in facts[:_SHOWN]]
    if len(facts) > _SHOWN:
        lines.append(f"… and {len(facts) - _SHOWN} more")
    return "\n".join(lines)


def _size(gone: Sequence[Fact], come: Sequence[Fact], pairs: Sequence[tuple[Fact, Fact]]) -> int:
    """Characters that differ: whole members, and the differing parts of reworded ones."""
    whole = sum(len(fact.value) for fact in (*gone, *come))
    return whole - sum(_alike(old.value, new.value) for old, new in pairs)


@lru_cache(maxsize=256)
def _alike(old: str, new: str) -> int:
    """Characters on both sides that match; asked of a pair twice, to find it and to tell how much of it differs."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.real_quick_ratio() < _SIMILAR or matcher.quick_ratio() < _SIMILAR:
        return 0
    return 2 * sum(match.size for match in matcher.get_matching_blocks())


def _words(facts: Sequence[Fact], kind: str) -> object:
    """What must agree for a mere re-flow: all words; code is never re-flowed, so it gets a value of its own."""
    if kind == "inline_script":
        return object()
    return Counter(word for fact in facts for word in fact.compared.split())
