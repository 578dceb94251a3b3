"""Responses made by hand for the scanner tests."""

from __future__ import annotations

from core.model.scan import Fact, ScanJob
from core.model.target import SCANNER_NAMES
from core.scan.look import Findings, Look, look
from core.scan.response import Response

URL = "https://shop.test/a/b.html"
HTML = ("content-type", "text/html; charset=utf-8")


def job(**settings: object) -> ScanJob:
    given: dict[str, object] = {"scanners": SCANNER_NAMES, "url": URL, **settings}
    return ScanJob(id=1, target_id=1, name="shop", **given)  # type: ignore[arg-type]


def response(body: str | bytes = "", *headers: tuple[str, str], **parts: object) -> Response:
    raw = body.encode() if isinstance(body, str) else body
    given: dict[str, object] = {"url": URL, "final_url": URL, "status": 200, **parts}
    return Response(headers=(HTML, *headers), body=raw, **given)  # type: ignore[arg-type]


def seen(body: str | bytes = "", *headers: tuple[str, str], **parts: object) -> Look:
    return look(job(), response(body, *headers, **parts), parse=True)


def by_key(findings: Findings, kind: str) -> dict[str, Fact]:
    return {fact.key: fact for fact in findings.facts if fact.kind == kind}


def values(findings: Findings, kind: str) -> list[str]:
    return [fact.value for fact in findings.facts if fact.kind == kind]
