"""Version numbers in the order in which vendors released them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.query.versions import version_key, within


@pytest.mark.parametrize(
    "released",
    [
        ("1.9", "1.10", "1.10.1", "2"),
        ("2.0-alpha", "2.0-beta2", "2.0-rc1", "2.0", "2.0.1"),
        ("1.1.1", "1.1.1f", "1.1.1k", "1.1.2"),
        ("8.0.0", "8.0.30", "8.1"),
        ("6.4.3-dev", "6.4.3"),
    ],
)
def test_later_releases_are_greater(released: tuple[str, ...]) -> None:
    assert all(version_key(first) < version_key(second) for first, second in pairwise(released))


@pytest.mark.parametrize(("first", "second"), [("1.2", "1.2.0"), ("v3.1", "3.1"), ("1.0+build5", "1.0")])
def test_these_are_the_same_release(first: str, second: str) -> None:
    assert version_key(first) == version_key(second)


def test_a_version_is_within_its_own_prefix_only() -> None:
    assert within("1.25.3", "1.25")
    assert not within("1.250", "1.25")
    assert not within("1.25", "1.25.3")
