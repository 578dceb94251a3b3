"""How sure we are of a change: a product of named terms, each with the reason it gives.

The numbers were chosen on the labelled page pairs of the change bench, so that of the changes with .9 or more at least
nine in ten are labelled; `python -m tests.bench.changes` prints the share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.detect.comparison import Finding
from core.model.change import Reason, Severity

CEILING = 0.99
# Findings that differ together at a deploy speak for one another.
DEPLOY = 4


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known around a finding: looks that agree, changes of mind seen, other findings, a cut-off body."""

    looks: int = 1
    flips: int = 0
    changed: int = 1
    truncated: bool = False


Term = Callable[[Finding, Circumstances], tuple[float, str] | None]


def confidence(found: Finding, circumstances: Circumstances) -> tuple[float, tuple[Reason, ...]]:
    """A value in (0, 0.99] and its terms; terms that have nothing to say are left out."""
    value = 1.0
    reasons = []
    for name, term in TERMS.items():
        if (told := term(found, circumstances)) is not None:
            factor, because = told
            value *= factor
            reasons.append(Reason("confidence", f"×{factor:.2f}", f"{name}: {because}"))
    return round(min(CEILING, value), 3), tuple(reasons)


def confirmed_confidence(value: float, looks: int) -> tuple[float, Reason]:
    """The confidence of one look raised to that of `looks` agreeing ones."""
    factor = _LOOKS.get(looks, 1.0)
    raised = round(min(CEILING, value / _LOOKS[1] * factor), 3)
    return raised, Reason("confidence", f"×{factor:.2f}", f"looks: {looks} looks agree")


def _evidence(found: Finding, _: Circumstances) -> tuple[float, str] | None:
    weakest = min((fact.confidence for fact in found.facts), default=1.0)
    return (weakest, "the weakest fact it rests on") if weakest < 1.0 else None


def _kind(found: Finding, _: Circumstances) -> tuple[float, str] | None:
    """Doubt that lies in what kind of difference it is."""
    change = found.change
    if change.type in ("technology.added", "technology.removed") and not (change.before or change.after):
        return 0.9, "a technology known by its traces only, without a version"
    if change.type == "content.meta_changed" and change.severity is Severity.INFO:
        return 0.9, "a meta that nobody is shown"
    if change.type == "content.inline_script_changed":
        return 0.95, "code in a page often holds state"
    return None


def _looks(_: Finding, circumstances: Circumstances) -> tuple[float, str]:
    return _LOOKS.get(
        circumstances.looks, 1.0
    ), "one look" if circumstances.looks == 1 else f"{circumstances.looks} looks agree"


def _volatility(_: Finding, circumstances: Circumstances) -> tuple[float, str] | None:
    if not circumstances.flips:
        return None
    return 1 / (1 + 0.25 * circumstances.flips), f"this value went back and forth {circumstances.flips} times"


def _burst(_: Finding, circumstances: Circumstances) -> tuple[float, str] | None:
    if circumstances.changed < DEPLOY:
        return None
    return 1.03, f"{circumstances.changed} changes came together, as at a deploy"


def _truncated(found: Finding, circumstances: Circumstances) -> tuple[float, str] | None:
    read_from_body = found.change.type.startswith(("content.", "technology."))
    return (0.7, "the page was cut off at the size limit") if circumstances.truncated and read_from_body else None


def _size(found: Finding, _: Circumstances) -> tuple[float, str] | None:
    if not found.size:
        return None
    if found.size < 8:
        return 0.8, f"only {found.size} characters differ"
    return (0.95, f"{found.size} characters differ") if found.size < 24 else None


def _filters(found: Finding, _: Circumstances) -> tuple[float, str] | None:
    volatile = any(fact.stable and fact.stable != fact.value for fact in found.facts)
    return (0.9, "the value has volatile parts, which were left out") if volatile else None


_LOOKS = {1: 0.95, 2: 0.98}

TERMS: dict[str, Term] = {
    "evidence": _evidence,
    "kind": _kind,
    "looks": _looks,
    "volatility": _volatility,
    "burst": _burst,
    "cut-off": _truncated,
    "size": _size,
    "filters": _filters,
}
