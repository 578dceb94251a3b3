"""Foreign fingerprint files: what is taken, what is counted as left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.scan.technology.detect import Detector
from core.scan.technology.importer import load_foreign
from tests.scan.technology.pages import page_of, response

TECHNOLOGIES = {
    "Acme Shop": {
        "cats": [6],
        "cookies": {"acme_session": ""},
        "description": "A shop.",
        "dom": {"[data-acme]": {"attributes": {"data-acme": "^v([\\d.]+)\\;version:\\1"}, "properties": {"acme": ""}}},
        "headers": {"X-Acme": "^Acme ([\\d.]+)$\\;version:\\1\\;confidence:60"},
        "implies": ["PHP\\;confidence:50"],
        "js": {"Acme.version": "(.*)\\;version:\\1"},
        "meta": {"generator": ["^Acme"]},
        "scriptSrc": ["acme(?:\\.min)?\\.js", "("],
        "website": "https://acme.example",
    },
    "Acme Plugin": {"cats": [6, 99], "dom": "div.acme-plugin", "requires": "Acme Shop", "website": "x"},
    "PHP": {"cats": [27], "dns": {"TXT": "php"}, "text": "PHP", "website": "x"},
}
CATEGORIES = {"6": {"name": "Ecommerce", "priority": 1}, "27": {"name": "Programming languages", "priority": 1}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "technologies").mkdir()
    (tmp_path / "technologies" / "a.json").write_text(json.dumps(TECHNOLOGIES), encoding="utf-8")
    (tmp_path / "categories.json").write_text(json.dumps(CATEGORIES), encoding="utf-8")
    return tmp_path


def test_a_foreign_set_detects(folder: Path) -> None:
    given = response("<div class=acme-plugin data-acme='v2.4.1'></div>", {"x-acme": "Acme 2.4"})
    found = {each.name: each for each in Detector(load_foreign([folder]).fingerprints).detect(given, page_of(given))}
    assert found["Acme Shop"].version == "2.4.1"
    assert found["Acme Shop"].categories == ("Ecommerce",)
    assert found["Acme Plugin"].categories == ("Ecommerce", "99")
    assert found["PHP"].confidence == 0.5


def test_what_cannot_be_used_is_counted(folder: Path) -> None:
    assert load_foreign([folder]).skipped == {"js": 1, "text": 1, "dom properties": 1, "scriptSrc: not readable": 1}


def test_one_file_may_hold_everything(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text(json.dumps({"technologies": TECHNOLOGIES, "categories": CATEGORIES}), encoding="utf-8")
    assert [each.name for each in load_foreign([path]).fingerprints] == list(TECHNOLOGIES)


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"broken\.json"):
        load_foreign([path])
