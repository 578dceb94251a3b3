"""What tab offers at the cursor."""

from __future__ import annotations

import pytest

from core.query.filters import complete, parse

VALUES = {"tag": (("shop", 120), ("cms", 38), ("eu west", 5)), "state": (("down", 3),)}


def offered(text: str, cursor: int | None = None) -> list[str]:
    at = len(text) if cursor is None else cursor
    return [each.text for each in complete(text, at, lambda field: VALUES.get(field, ()))]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ttf", ["ttfb:", "ttfb_ms:"]),
        ("down una", ["unacked"]),
        ("-(deg", ["degraded"]),
        ("tag:", ["shop", "cms", '"eu west"']),
        ("tag:c", ["cms"]),
        ("tag:shop,c", ["cms"]),
        ('tag:"eu', ['"eu west"']),
        ("tags!=sh", ["shop"]),
        ("state:do", ["down"]),
        ("sev>=h", ["high"]),
        ("sort:ttf", ["ttfb_ms"]),
        ("nothing:x", []),
    ],
)
def test_fields_states_and_values_are_offered(text: str, first: list[str]) -> None:
    assert offered(text)[: len(first)] == first
    assert first or not offered(text)


def test_a_completion_replaces_exactly_what_was_typed_of_it() -> None:
    text = "down tag:sh ttfb>4"
    best = complete(text, len("down tag:sh"), lambda field: VALUES[field])[0]
    assert (best.count, best.kind) == (120, "value")
    replaced = text[: best.start] + best.text + text[best.end :]
    assert replaced == "down tag:shop ttfb>4"
    assert parse(replaced)
