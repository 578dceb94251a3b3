"""Every term of the confidence moves it, and says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.detect.compare import find, prepare
from core.detect.comparison import Finding
from core.detect.confidence import CEILING, TERMS, Circumstances, confidence, confirmed_confidence
from core.model.scan import Fact
from core.model.target import SCANNER_NAMES
from tests.detect.looks import NOW, TARGET, fact, page


def found(*extra: object) -> Finding:
    """The first finding between the page and the page with these facts."""
    after = page(*extra)  # type: ignore[arg-type]
    return find(prepare(page(), after, SCANNER_NAMES, NOW, TARGET))[0]


PLAIN = found(fact("page title", "A wholly different title of the page"))
CALM = Circumstances(looks=3)

LOWER = [
    ("looks", PLAIN, Circumstances(looks=1)),
    ("looks", PLAIN, Circumstances(looks=2)),
    ("volatility", PLAIN, replace(CALM, flips=1)),
    ("cut-off", PLAIN, replace(CALM, truncated=True)),
    ("evidence", found(fact("technology PHP", "8", confidence=0.5)), CALM),
    ("size", replace(PLAIN, size=4), CALM),
    ("size", replace(PLAIN, size=20), CALM),
    ("filters", found(fact("page title", "New at 10:00", stable="New at ⟨time⟩")), CALM),
]


@pytest.mark.parametrize(
    ("name", "finding", "circumstances"), LOWER, ids=lambda each: each if isinstance(each, str) else ""
)
def test_doubt_lowers_it_and_is_named(name: str, finding: Finding, circumstances: Circumstances) -> None:
    value, reasons = confidence(finding, circumstances)
    plain, _ = confidence(PLAIN, CALM)
    assert value < plain
    assert [each for each in reasons if each.because.startswith(f"{name}: ")]


def test_changes_that_come_together_speak_for_one_another() -> None:
    doubtful = found(fact("technology PHP", "8", confidence=0.5))
    alone, _ = confidence(doubtful, CALM)
    together, reasons = confidence(doubtful, replace(CALM, changed=5))
    assert together > alone
    assert "burst: 5 changes came together, as at a deploy" in [each.because for each in reasons]


@pytest.mark.parametrize(
    "doubtful", [fact("inline_script x", "a=1; b=2; c=3; d=4; e=5"), fact("technology PHP"), fact("meta viewport", "a")]
)
def test_some_kinds_are_less_sure_than_others(doubtful: Fact) -> None:
    value, reasons = confidence(found(doubtful), CALM)
    assert value < CEILING
    assert [each for each in reasons if each.because.startswith("kind: ")]


def test_it_is_never_certain_and_more_looks_raise_it() -> None:
    assert confidence(PLAIN, CALM)[0] == CEILING
    once, _ = confidence(PLAIN, Circumstances())
    twice, reason = confirmed_confidence(once, 2)
    assert once < twice <= confirmed_confidence(once, 5)[0] <= CEILING
    assert reason.because == "looks: 2 looks agree"


def test_terms_that_have_nothing_to_say_are_left_out() -> None:
    _, reasons = confidence(PLAIN, CALM)
    assert {each.because.partition(":")[0] for each in reasons} == {"looks"}
    assert len(TERMS) == 8
