"""The JSON of product.md, key by key and type by type: others build on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SHOP, Place

Text = str
Number = (int, float)
Nothing = type(None)
MaybeText = (str, Nothing)

REASON = {"step": Text, "outcome": Text, "because": Text}
FACT = {"kind": Text, "key": Text, "value": Text, "confidence": Number, "evidence": Text}
SAMPLE = {"metric": Text, "value": Number, "unit": Text}
TECHNOLOGY = {"name": Text, "version": MaybeText, "categories": [Text], "confidence": Number, "evidence": Text}
GRADED = {"name": Text, "result": Text, "pass": bool, "modifier": int, "reason": Text}
SCAN = {
    "schema": int,
    "id": MaybeText,
    "target": MaybeText,
    "url": Text,
    "scanned_at": Text,
    "duration_ms": Number,
    "failure": Nothing,
    "facts": [FACT],
    "samples": [SAMPLE],
    "technologies": [TECHNOLOGY],
    "security": {"grade": Text, "score": int, "tests": [GRADED]},
    "vulnerabilities": Nothing,
}
CHANGE = {
    "id": MaybeText,
    "uuid": MaybeText,
    "at": Text,
    "target": MaybeText,
    "type": Text,
    "key": Text,
    "before": MaybeText,
    "after": MaybeText,
    "severity": Text,
    "confidence": Number,
    "state": Text,
    "reasons": [REASON],
    "evidence": Text,
}
DELIVERY = {
    "id": Text,
    "uuid": Text,
    "alert": Text,
    "channel": Text,
    "state": Text,
    "attempts": int,
    "key": Text,
    "at": Text,
    "response": Text,
}
ALERT = {
    "id": Text,
    "uuid": Text,
    "rule": Text,
    "severity": Text,
    "state": Text,
    "target": MaybeText,
    "since": Text,
    "changes": [CHANGE],
    "deliveries": [DELIVERY],
    "reasons": [REASON],
}
JOB = {
    "id": MaybeText,
    "target": Text,
    "state": Text,
    "scheduled_for": Text,
    "started_at": MaybeText,
    "completed_at": MaybeText,
    "attempts": int,
    "error": MaybeText,
}


def fits(value: Any, shape: Any, where: str = "$") -> None:
    """Fail, saying where, unless a document has exactly the keys and types of a shape."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where}: {value!r} is no object"
        assert list(value) == list(shape), f"{where}: keys"
        for key, inner in shape.items():
            fits(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where}: {value!r} is no list"
        for number, each in enumerate(value):
            fits(each, shape[0], f"{where}[{number}]")
    else:
        assert isinstance(value, shape), f"{where}: {value!r}"
        assert shape is bool or not isinstance(value, bool), f"{where}: {value!r}"


def listed(shape: object) -> dict[str, object]:
    return {"schema": int, "items": [shape]}


@pytest.mark.parametrize(
    ("command", "shape"),
    [
        (("ls", "changes"), listed(CHANGE)),
        (("ls", "alerts"), listed(ALERT)),
        (("ls", "deliveries"), listed(DELIVERY)),
        (("ls", "jobs"), listed(JOB)),
        (("why", "C-1"), {"schema": int, "reasons": [REASON]}),
        (("why", "A-1"), {"schema": int, "reasons": [REASON]}),
        (("why-not", "calm.test"), {"schema": int, "reasons": [REASON]}),
        (("when", "*/5 * * * *"), {"schema": int, "times": [Text]}),
        (("show", "C-1"), {"schema": int, "change": CHANGE}),
        (("show", "A-1"), {"schema": int, "alert": ALERT}),
        (("show", "D-1"), {"schema": int, "delivery": DELIVERY}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_document_has_the_keys_of_the_contract(
    watched: Place, command: tuple[str, ...], shape: dict[str, Any]
) -> None:
    said = watched(*command, "-o", "json")
    assert said.code == 0, said.err
    document = said.json()
    fits(document, shape)
    assert document["schema"] == 1
    assert all(value for key, value in document.items()), "an empty document proves nothing"


def test_short_ids_times_and_states_are_those_of_the_contract(watched: Place) -> None:
    alert = watched("ls", "alerts", "-f", f"name:{SHOP}", "-o", "json").json()["items"][0]
    assert alert["id"].startswith("A-")
    assert alert["since"].endswith("Z")
    assert alert["state"] == "firing"
    assert {each["state"] for each in alert["deliveries"]} == {"delivered", "dead"}
    assert alert["changes"][0]["id"].startswith("C-")
    assert alert["deliveries"][0]["id"].startswith("D-")
    assert alert["changes"][0]["state"] == "confirmed"


def test_a_scan_that_is_stored_has_its_job_as_id_and_stands_among_the_jobs(watched: Place) -> None:
    document = watched("scan", "calm.test", "--save", "-o", "json").json()
    fits(document, SCAN)
    assert document["id"].startswith("J-")
    assert document["target"] == "calm.test"
    jobs = watched("ls", "jobs", "-f", "completed", "-o", "json").json()["items"]
    assert document["id"] in [job["id"] for job in jobs]
    fits(watched("show", document["id"], "-o", "json").json(), {"schema": int, "job": JOB})


def test_a_scan_that_is_not_stored_has_no_id(watched: Place) -> None:
    document = watched("scan", f"https://{SHOP}/", "-o", "json").json()
    fits(document, SCAN)
    assert document["id"] is None
    assert document["facts"]
    assert {each["metric"] for each in document["samples"]} >= {"ttfb_ms", "total_ms", "body_bytes"}
    assert [each["name"] for each in document["technologies"]] == ["PHP", "WordPress"]


def test_a_scan_that_failed_says_so_in_the_document(watched: Place) -> None:
    said = watched("scan", "down.test", "-o", "json")
    assert said.code == 1
    document = said.json()
    fits(document, {**SCAN, "failure": {"class": Text, "message": Text}, "security": Nothing})
    assert document["failure"]["class"] == "http"


def test_a_diff_names_what_it_compared(vedette: Place, tmp_path: Path) -> None:
    before, after = tmp_path / "before.html", tmp_path / "after.html"
    before.write_text("<html><title>One</title></html>")
    after.write_text("<html><title>Two</title></html>")
    document = vedette("diff", str(before), str(after), "-o", "json").json()
    fits(document, {"schema": int, "before": Text, "after": Text, "changes": [CHANGE]})
    assert (document["before"], document["after"]) == (str(before), str(after))
    assert [change["type"] for change in document["changes"]] == ["content.title_changed"]


def test_every_list_is_csv_too_with_the_keys_as_its_head(watched: Place) -> None:
    for what in ("targets", "changes", "alerts", "deliveries", "jobs", "technologies", "audit"):
        said = watched("ls", what, "-o", "csv")
        keys = list(watched("ls", what, "-o", "json").json()["items"][0])
        assert said.out.splitlines()[0] == ",".join(keys), what


def test_no_output_carries_a_control_character_of_a_page(watched: Place) -> None:
    for form in ("table", "json", "csv"):
        said = watched("ls", "changes", "-f", "type:content.title_changed", "-o", form)
        assert "\x1b" not in said.out + said.err
        assert "shop" in said.out
