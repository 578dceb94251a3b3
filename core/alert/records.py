"""A change as the filter language sees it: the record that rules are tested on."""

from __future__ import annotations

from core.model.change import Change
from core.model.target import Target


def change_record(change: Change, target: Target | None = None) -> dict[str, object]:
    """The fields of a change beside those of its target; severity as a word, `at` in epoch seconds."""
    record: dict[str, object] = {
        "id": f"C-{change.id}" if change.id else "",
        "uuid": change.uuid,
        "at": change.at,
        "target": change.target,
        "name": change.target,
        "type": change.type,
        "key": change.key,
        "before": change.before or "",
        "after": change.after or "",
        "severity": change.severity.word,
        "confidence": change.confidence,
        "state": change.state.value,
        "evidence": change.evidence,
        "verdict": change.verdict.value if change.verdict else "",
    }
    return record | target_record(target) if target is not None and target.id else record


def target_record(target: Target) -> dict[str, object]:
    """What a rule can ask of the target a change belongs to."""
    return {
        "name": target.name,
        "url": target.url,
        "tags": target.tags,
        "class": target.target_class.value,
        "owner": target.owner,
        "profile": target.profile.value,
        "kind": target.kind.value,
        "origin": target.origin.value,
    }
