"""The labelled data as a gate: what the benches print must not get worse."""

from __future__ import annotations

import pytest

from tests.bench.changes import SURE, judged, labelled
from tests.bench.degradation import labelled as labelled_series
from tests.bench.degradation import ours, tally

pytestmark = [pytest.mark.shared_data, pytest.mark.usefixtures("shared_data")]


def test_real_pages_give_their_labelled_changes_and_no_others_that_alarm() -> None:
    many = [judged(pair) for pair in labelled()]
    assert len(many) == 93
    wanted = [label for each in many for label in each.pair.labels]
    missed = [(each.pair.name, label) for each in many for label in each.missed]
    assert len(missed) <= 0.02 * len(wanted), missed
    alarms = [(each.pair.name, each.alarming) for each in many if not each.pair.labels and each.alarming]
    assert alarms == []
    sure = [each.is_labelled(change) for each in many for change in each.told if change.confidence >= SURE]
    assert sum(sure) >= 0.9 * len(sure)


def test_steps_of_simulated_series_are_found_and_quiet_ones_stay_quiet() -> None:
    chosen = [each for each in labelled_series() if each.name in ("s000.csv.gz", "s002.csv.gz", "s003.csv.gz")]
    tallies = tally(iter(chosen), ours)
    assert [(shape, each.events, each.hits) for (shape, _), each in sorted(tallies.items(), key=str)] == [
        ("none", 0, 0),
        ("step", 1, 1),
        ("step", 1, 1),
    ]
    assert max(delay for each in tallies.values() for delay in each.delays) <= 20
    assert sum(each.false_alarms for each in tallies.values()) <= 5
