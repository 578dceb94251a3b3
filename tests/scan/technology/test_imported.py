"""An operator's files come, break and go; what is ours always stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.scan.look import OURS
from core.scan.page import Page
from core.scan.recognition import Recogniser
from tests.scan.technology.pages import response

HTML = "<!-- acme v2.1 -->"
SET = {"Acme": {"cats": [6], "html": "acme v([\\d.]+)\\;version:\\1"}}


def names(recogniser: Recogniser) -> list[str]:
    given = response(HTML)
    return [each.name for each in recogniser.present().detect(given, Page(HTML, given.final_url))]


def test_files_count_from_the_look_after_they_came_until_they_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "fingerprints"
    recogniser = Recogniser(folder)
    assert recogniser.present() is OURS
    folder.mkdir()
    assert recogniser.present() is OURS
    (folder / "a.json").write_text(json.dumps(SET))
    assert names(recogniser) == ["Acme"]
    assert recogniser.present() is recogniser.present()
    (folder / "a.json").unlink()
    assert recogniser.present() is OURS


def test_a_broken_file_is_said_and_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.json").write_text(json.dumps(SET))
    (tmp_path / "b.json").write_text("{")
    assert names(Recogniser(tmp_path)) == ["Acme"]
    assert "b.json" in caplog.text
