"""Snapshots of screens as text: one file a screen and size; VEDETTE_SNAPSHOTS=write writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

from tests.tui.console_world import World
from tests.tui.widgets.stage import is_harmless

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = ((40, 10), (80, 24), (120, 40), (200, 60))


def check_snapshot(world: World, name: str, size: tuple[int, int]) -> None:
    """What stands on the screen is what stood there when somebody last read it."""
    lines = world.lines()
    assert len(lines) == size[1]
    assert all(is_harmless(line) for line in lines), name
    shown = "\n".join(line.rstrip() for line in lines) + "\n"
    path = SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("VEDETTE_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8"), name
