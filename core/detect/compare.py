"""Facts before and after as typed changes, each judged by itself: severity, noise by shape, confidence.

Nothing here remembers anything, so it serves two saved responses as well as two looks: what memory adds
(confirmation, rotation) is `judge`'s part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.detect.comparison import (
    LASTING_KINDS,
    LASTING_PAGE_KEYS,
    SCANNER_KINDS,
    Comparison,
    Finding,
    by_kind,
    is_error,
)
from core.detect.confidence import Circumstances, confidence
from core.detect.detectors import DETECTORS
from core.detect.noise import suppress
from core.detect.severity import severity_of
from core.model.change import Change, ChangeState
from core.model.scan import Fact
from core.model.target import SCANNER_NAMES, Target


def compare(
    before: Sequence[Fact],
    after: Sequence[Fact],
    scanners: Sequence[str] = SCANNER_NAMES,
    now: float = 0.0,
    target: Target | None = None,
    *,
    truncated: bool = False,
) -> list[Change]:
    """What differs between two moments, as product.md names it; noise comes along suppressed, with its reason."""
    comparison = prepare(before, after, scanners, now, target)
    findings = find(comparison)
    circumstances = Circumstances(changed=reported(findings), truncated=truncated)
    return [weighed(each, circumstances).change for each in findings]


def prepare(
    before: Sequence[Fact], after: Sequence[Fact], scanners: Sequence[str], now: float, target: Target | None
) -> Comparison:
    """Both moments by kind and key, without what was not looked at in one of them."""
    old, new = by_kind(before), by_kind(after)
    left_out = {kind for name, kinds in SCANNER_KINDS.items() if name not in scanners for kind in kinds}
    left_out |= _without_counterpart(old, new)
    if is_error(new):
        left_out |= (old.keys() | new.keys()) - LASTING_KINDS - {"page"}
        old, new = _lasting_page(old), _lasting_page(new)
    return Comparison(
        {kind: facts for kind, facts in old.items() if kind not in left_out},
        {kind: facts for kind, facts in new.items() if kind not in left_out},
        now,
        target,
    )


def find(comparison: Comparison) -> list[Finding]:
    """All findings of all detectors with their severities, noise marked as such."""
    found = [each for detect in DETECTORS.values() for each in detect(comparison)]
    return [suppress(_graded(each, comparison), comparison) for each in found]


def weighed(found: Finding, circumstances: Circumstances) -> Finding:
    """The finding with its confidence, and the terms it is made of as reasons."""
    value, reasons = confidence(found, circumstances)
    change = replace(found.change, confidence=value, reasons=found.change.reasons + reasons)
    return replace(found, change=change)


def reported(findings: Sequence[Finding]) -> int:
    """How many findings are not noise."""
    return sum(each.change.state is not ChangeState.SUPPRESSED for each in findings)


def _graded(found: Finding, comparison: Comparison) -> Finding:
    level, reason = severity_of(found.change, comparison)
    return replace(found, change=replace(found.change, severity=level, reasons=(*found.change.reasons, reason)))


def _without_counterpart(old: dict[str, dict[str, Fact]], new: dict[str, dict[str, Fact]]) -> set[str]:
    """The kinds of a scanner that was switched on or off between the two moments.

    Security always yields a grade and infrastructure always some record, so their absence means that nobody looked.
    """
    left_out: set[str] = set()
    graded = ["grade" in facts.get("security", {}) for facts in (old, new)]
    if graded[0] != graded[1]:
        left_out |= SCANNER_KINDS["security"]
    looked = [any(kind in facts for kind in SCANNER_KINDS["infrastructure"]) for facts in (old, new)]
    if looked[0] != looked[1]:
        left_out |= SCANNER_KINDS["infrastructure"]
    return left_out


def _lasting_page(facts: dict[str, dict[str, Fact]]) -> dict[str, dict[str, Fact]]:
    page = {key: fact for key, fact in facts.get("page", {}).items() if key in LASTING_PAGE_KEYS}
    return {**facts, "page": page}
