"""How long the phases of a look took and how much came over the wire, as samples."""

from __future__ import annotations

from core.model.scan import TIMING_METRICS, Fact, Sample
from core.scan.headers import status_line
from core.scan.look import Findings, Look


def scan_performance(look: Look) -> Findings:
    """Milliseconds for each phase that happened, bytes as received and as decoded, and the protocol spoken."""
    response = look.response
    samples = [
        Sample(metric, response.timings[metric], "ms") for metric in TIMING_METRICS if metric in response.timings
    ]
    if samples or response.transfer_bytes:
        samples.append(Sample("transfer_bytes", float(response.transfer_bytes), "bytes"))
    samples.append(Sample("body_bytes", float(len(response.body)), "bytes"))
    facts = (Fact("page", "http_version", response.http_version, evidence=status_line(response)),) * bool(
        response.http_version
    )
    return Findings(facts=facts, samples=tuple(samples))
