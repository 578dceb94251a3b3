"""What suspicions ask of a later look."""

from __future__ import annotations

import pytest

from core.detect.memory import suspected_facts
from core.model.judging import Suspicion


def suspicion(key: str, before: str | None, after: str | None) -> Suspicion:
    return Suspicion(1, "content.link_added", "link", key, before, after, 1, 2, 0.0)


@pytest.mark.parametrize(
    ("key", "before", "after", "asked"),
    [
        ("/a", "x", "y", [("link", "/a")]),
        ("", "/a\n/b", "/c", [("link", "/a"), ("link", "/b"), ("link", "/c")]),
        ("", None, "/c", [("link", "/c")]),
        ("", "", None, []),
    ],
)
def test_a_suspicion_asks_for_its_fact_and_one_of_a_set_for_all_its_members(
    key: str, before: str | None, after: str | None, asked: list[tuple[str, str]]
) -> None:
    assert suspected_facts([suspicion(key, before, after)]) == asked


def test_all_suspicions_are_asked_for_together() -> None:
    both = [suspicion("/a", None, "x"), suspicion("", "/b", None)]
    assert suspected_facts(both) == [("link", "/a"), ("link", "/b")]
