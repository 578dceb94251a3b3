"""A picture of the console is a file like any other: looking at it fetches nothing and runs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.console_world import console
from tui.leaving import written


@pytest.mark.parametrize("form", ["svg", "html"])
async def test_looking_at_an_export_asks_nobody(tmp_path: Path, form: str) -> None:
    async with console(tmp_path) as world:
        await world.press("3")
        text = written(world.app.leaf(), form)
        assert "url(" not in text.replace("url(#", "")
        assert "src=" not in text
        assert "<script" not in text
