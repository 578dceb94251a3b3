"""`vedette doctor` prints what its examiners found and ends with 1 when something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from core.cli.doctor import doctor
from core.cli.place import Place
from core.errors import NotYetError
from tui.doctor import diagnose


def ran(place: Place, *arguments: str) -> int:
    result = doctor.main(list(arguments), standalone_mode=False, obj=place)
    assert isinstance(result, int)
    return result


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr("core.cli.doctor.EXAMINERS", [diagnose])
    tmp_path.chmod(0o700)
    return Place.of(str(tmp_path), None, {"HOME": str(tmp_path), "TERM": "xterm-256color"})


def test_what_is_wrong_is_printed_and_ends_with_1(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stdout.isatty()
    assert ran(place) == 1
    assert "FAIL terminal" in capsys.readouterr().out


def test_the_same_is_json(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(place, "-o", "json") == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == 1
    assert {each["topic"] for each in printed["items"]} == {"terminal", "data", "engine"}


def test_without_the_console_it_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.doctor.EXAMINERS", [])
    with pytest.raises(NotYetError):
        ran(place)
