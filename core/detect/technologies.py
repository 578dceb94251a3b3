"""Technologies that came or went, and versions that changed, hid or showed themselves."""

from __future__ import annotations

from core.detect.comparison import Comparison, Finding, Pair, finding


def detect_technologies(comparison: Comparison) -> list[Finding]:
    """One finding a technology; the value of a technology fact is its version, "" when it shows none."""
    return [_judge(comparison, pair) for pair in comparison.differing("technology")]


def _judge(comparison: Comparison, pair: Pair) -> Finding:
    if pair.before is None or pair.after is None:
        name = "technology.added" if pair.before is None else "technology.removed"
        return finding(comparison, name, pair, "technology", "now seen" if pair.before is None else "no longer seen")
    if not pair.after.compared:
        return finding(comparison, "technology.version_hidden", pair, "technology", "still seen, without a version")
    if not pair.before.compared:
        return finding(comparison, "technology.version_revealed", pair, "technology", "the version shows now")
    return finding(comparison, "technology.version_changed", pair, "technology", "another version")
