"""Ages in words, and the badge for what is too old to trust."""

from __future__ import annotations

import pytest

from tui.widgets.freshness import age_words, freshness


@pytest.mark.parametrize(
    ("age", "words"),
    [(None, "never"), (0.4, "now"), (9.9, "9s"), (372, "6m12s"), (187_200, "2d4h"), (-5, "in 5s"), (-0.5, "now")],
)
def test_ages_are_words(age: float | None, words: str) -> None:
    assert age_words(age) == words


@pytest.mark.parametrize(
    ("seen", "words", "stale"),
    [(970.0, "30s", False), (910.0, "1m30s", False), (909.0, "STALE 1m31s", True), (None, "never", False)],
)
def test_older_than_three_intervals_is_stale(seen: float | None, words: str, stale: bool) -> None:
    found = freshness(seen, 30, 1000.0)
    assert (found.words, found.stale) == (words, stale)
