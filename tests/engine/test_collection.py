"""The garbage collector stays out of a start, and out of what it made."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from core.engine.collection import uncollected


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_nothing_is_collected_during_a_start_and_what_it_made_is_not_looked_through_after_it() -> None:
    gc.unfreeze()
    with uncollected():
        assert not gc.isenabled()
        made = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(made)
    assert not any(each is made for each in gc.get_objects())


def test_a_start_that_fails_leaves_the_collector_at_work() -> None:
    with pytest.raises(ValueError, match="no lease"), uncollected():
        raise ValueError("no lease")
    assert gc.isenabled()
