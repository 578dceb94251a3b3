"""Samples carry what was measured, and nothing that was not."""

from __future__ import annotations

from core.scan.performance import scan_performance
from tests.scan.pages import seen


def test_each_phase_that_happened_is_a_sample_in_milliseconds() -> None:
    findings = scan_performance(
        seen("<p>four", timings={"ttfb_ms": 12.5, "total_ms": 20.0}, transfer_bytes=400, http_version="HTTP/2")
    )
    assert [(each.metric, each.value, each.unit) for each in findings.samples] == [
        ("ttfb_ms", 12.5, "ms"),
        ("total_ms", 20.0, "ms"),
        ("transfer_bytes", 400.0, "bytes"),
        ("body_bytes", 7.0, "bytes"),
    ]
    assert [(fact.key, fact.value) for fact in findings.facts] == [("http_version", "HTTP/2")]


def test_a_saved_response_has_no_times() -> None:
    findings = scan_performance(seen("<p>"))
    assert [each.metric for each in findings.samples] == ["body_bytes"]
    assert findings.facts == ()
