"""The reader of fingerprints.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.scan.technology.fingerprints import Field, load

HEAD = '[categories]\nlib = "Libraries"\n[technology."Thing"]\nwebsite = "https://thing.example"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "set.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("categories = [", "set.toml"),
        ('categories = ["lib"]\nhaeders = {}', "'Thing'.*haeders"),
        ('categories = ["cms"]', "'Thing'.*'cms' is not in the table"),
        ('categories = ["lib"]\nhtml = "("', "'Thing'.*html"),
        ('categories = ["lib"]\nheaders = { server = "[" }', "'Thing'.*header server"),
        ('categories = ["lib"]\nimplies = "Nothing"', "'Thing'.*'Nothing' is not a technology"),
        ('categories = ["lib"]\nscripts = 3', "'Thing'.*scripts"),
    ],
)
def test_a_mistake_is_told_with_file_technology_and_field(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load(written(tmp_path, text))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        load(tmp_path / "absent.toml")


def test_package_names_stand_for_their_addresses(tmp_path: Path) -> None:
    (thing,) = load(written(tmp_path, 'categories = ["lib"]\npackages = ["@a/b"]\ncdnjs = ["b.js"]'))
    assert thing.categories == ("Libraries",)
    assert sorted(rule.field for rule in thing.rules) == [Field.SCRIPT] * 2 + [Field.STYLESHEET] * 2
