"""The JSON that others build on keeps its keys, its ids and its times."""

from __future__ import annotations

import json

from core.contract import alert_json, change_json, delivery_json, diff_json, job_json, scan_json, target_json, when_json
from core.model.alert import AlertEvent, Delivery
from core.model.change import Change, ChangeState, Severity
from core.model.scan import Failure, FailureClass, Grade, Sample, Scan, SecurityTest, Technology
from core.model.target import Target
from core.ports import JobRow
from tests.fakes import an_alert

AT = 1_795_442_400.25
STAMP = "2026-11-23T14:00:00.250Z"


def test_a_change_has_the_documented_keys() -> None:
    shown = change_json(an_alert().changes[0])
    assert list(shown) == [
        "id", "uuid", "at", "target", "type", "key", "before", "after", "severity", "confidence", "state", "reasons",
        "evidence",
    ]  # fmt: skip
    assert (shown["id"], shown["severity"], shown["state"]) == ("C-12", "medium", "confirmed")
    assert shown["reasons"] == [{"step": "confirm", "outcome": "confirmed", "because": "2 of 2 looks agree"}]


def test_an_alert_holds_its_changes_and_deliveries() -> None:
    delivery = Delivery("ops", AlertEvent.FIRING, AT, key="k", alert_id=4, id=9, uuid="u")
    shown = alert_json(an_alert(deliveries=(delivery,)))
    assert list(shown) == [
        "id", "uuid", "rule", "severity", "state", "target", "since", "changes", "deliveries", "reasons",
    ]  # fmt: skip
    assert shown["deliveries"] == [delivery_json(delivery)]
    assert delivery_json(delivery) == {
        "id": "D-9",
        "uuid": "u",
        "alert": "A-4",
        "channel": "ops",
        "state": "pending",
        "attempts": 0,
        "key": "k",
        "at": STAMP,
        "response": "",
    }


def test_what_was_never_stored_has_no_id() -> None:
    change = Change("content.title_changed", "", None, "x", Severity.LOW, 1.0, ChangeState.CONFIRMED, AT)
    shown = diff_json("before.html", "after.html", [change])
    assert list(shown) == ["schema", "before", "after", "changes"]
    assert shown["changes"] == [change_json(change)]
    assert (change_json(change)["id"], change_json(change)["target"], change_json(change)["before"]) == (None,) * 3


def test_a_job_shows_what_has_not_happened_as_null() -> None:
    assert job_json(JobRow(7, "retrying", AT, attempts=2, error="timeout", id=3), "Shop EU") == {
        "id": "J-3",
        "target": "Shop EU",
        "state": "retrying",
        "scheduled_for": STAMP,
        "started_at": None,
        "completed_at": None,
        "attempts": 2,
        "error": "timeout",
    }


def test_a_scan_has_the_documented_keys_whether_it_failed_or_not() -> None:
    failed = scan_json(Scan("https://x.example", AT, 12.0, failure=Failure(FailureClass.DNS, "no such host")), None)
    assert list(failed) == [
        "schema", "id", "target", "url", "scanned_at", "duration_ms", "failure", "facts", "samples", "technologies",
        "security", "vulnerabilities",
    ]  # fmt: skip
    assert failed["failure"] == {"class": "dns", "message": "no such host"}
    grade = Grade("B", 70, (SecurityTest("hsts", "missing", False, -20, "no header"),))
    scan = Scan(
        "https://x.example",
        AT,
        12.0,
        samples=(Sample("ttfb_ms", 9.5, "ms"),),
        technologies=(Technology("nginx", "", ("web server",), 1.0, "server: nginx"),),
        grade=grade,
    )
    shown = scan_json(scan, "X", 5)
    assert (shown["id"], shown["scanned_at"], shown["failure"]) == ("J-5", STAMP, None)
    assert shown["samples"] == [{"metric": "ttfb_ms", "value": 9.5, "unit": "ms"}]
    assert shown["security"] == {
        "grade": "B",
        "score": 70,
        "tests": [{"name": "hsts", "result": "missing", "pass": False, "modifier": -20, "reason": "no header"}],
    }
    assert json.loads(json.dumps(shown)) == shown


def test_foreign_text_is_harmless_in_every_noun() -> None:
    evil = "\x1b]52;c;aGk=\x07\u202e"
    shown = json.dumps([alert_json(an_alert(target=evil, rule=evil, after=evil)), target_json(Target(evil, evil))])
    assert "\\u001b" not in shown
    assert "\\u0007" not in shown
    assert '"\\u202e' not in shown


def test_times_are_utc_with_milliseconds() -> None:
    assert when_json([AT, 0.0]) == {"schema": 1, "times": [STAMP, "1970-01-01T00:00:00.000Z"]}
