"""`vedette fingerprints`: an operator's own file is counted, copied, listed and used."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Place

SET = {
    "Acme Shop": {"cats": [6], "html": "<!-- acme v([\\d.]+)\\;version:\\1", "js": {"acme": ""}},
    "WordPress": {"cats": [1], "html": "never-served-by-anybody"},
}
PAGE = "<html><title>x</title><meta name=generator content='WordPress 6.4.1'><!-- acme v2.1 --></html>"


def test_a_file_is_counted_copied_listed_and_used(vedette: Place, tmp_path: Path) -> None:
    given = tmp_path / "own.json"
    given.write_text(json.dumps(SET))
    said = vedette("fingerprints", "import", str(given))
    assert said.code == 0, said.err
    assert said.out == "imported 1 fingerprint from 1 file\nskipped: js 1\n"
    assert said.err == "built in already, and stays as it is: WordPress\n"
    copy = vedette.data / "fingerprints" / "own.json"
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    origins = {item["name"]: item["origin"] for item in vedette("fingerprints", "ls", "-o", "json").json()["items"]}
    assert (origins["Acme Shop"], origins["WordPress"]) == ("imported", "built in")
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    (tmp_path / "page.headers.json").write_text(json.dumps({"content-type": "text/html"}))
    found = {each["name"]: each["version"] for each in vedette("scan", str(page), "-o", "json").json()["technologies"]}
    assert (found["Acme Shop"], found["WordPress"]) == ("2.1", "6.4.1")


def test_a_folder_is_taken_whole_with_its_categories(vedette: Place, tmp_path: Path) -> None:
    (tmp_path / "set" / "technologies").mkdir(parents=True)
    (tmp_path / "set" / "technologies" / "a.json").write_text(json.dumps(SET))
    (tmp_path / "set" / "categories.json").write_text(json.dumps({"6": {"name": "Ecommerce"}}))
    assert vedette("fingerprints", "import", str(tmp_path / "set")).code == 0
    names = sorted(path.name for path in (vedette.data / "fingerprints").iterdir())
    assert names == ["categories.json", "technologies-a.json"]
    items = vedette("fingerprints", "-o", "json").json()["items"]
    assert [item["categories"] for item in items if item["name"] == "Acme Shop"] == [["Ecommerce"]]


def test_what_is_no_set_of_fingerprints_is_refused_and_not_copied(vedette: Place, tmp_path: Path) -> None:
    for number, text in enumerate(("{", "[]", "{}")):
        given = tmp_path / f"{number}.json"
        given.write_text(text)
        said = vedette("fingerprints", "import", str(given))
        assert said.code == 2
        assert str(given) in said.err
    said = vedette("fingerprints", "import", str(tmp_path / "gone.json"))
    assert (said.code, "gone.json" in said.err) == (2, True)
    assert not (vedette.data / "fingerprints").exists()
