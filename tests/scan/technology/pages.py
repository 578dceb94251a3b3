"""Responses for tests of detection, and the loop that tries every rule on every value, which the matcher must equal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.model.scan import Technology
from core.scan.page import Page
from core.scan.response import Response
from core.scan.technology.detect import detect
from core.scan.technology.fingerprints import KEYED, Field, Fingerprint
from core.scan.technology.matcher import Hit, Subject, View, try_rule, try_selector

URL = "https://example.org/"


def response(html: str = "", headers: Mapping[str, str] | None = None, url: str = URL) -> Response:
    return Response(url, url, 200, tuple((headers or {}).items()), html.encode("utf-8", "replace"))


def detected(html: str = "", headers: Mapping[str, str] | None = None, url: str = URL) -> dict[str, Technology]:
    """What our own set sees, by name."""
    found = detect(response(html, headers, url), Page(html, url))
    return {technology.name: technology for technology in found}


def naive_hits(fingerprints: Iterable[Fingerprint], view: View) -> Iterator[Hit]:
    """Every rule on every value, without asking for literals first."""
    for fingerprint in fingerprints:
        for rule in fingerprint.rules:
            owned = (fingerprint.name, rule)
            if rule.field is Field.DOM:
                if view.page is not None:
                    yield from try_selector(owned, view.page)
                continue
            if rule.field in KEYED:
                values = view.keyed.get(rule.field, {}).get(rule.key, ())
            else:
                values = view.values.get(rule.field, ())
            for ordinal, value in enumerate(values):
                hit = try_rule(owned, Subject(value), value, ordinal)
                if hit is not None:
                    yield hit


def replayed(shared_data: Path) -> Iterator[tuple[str, dict[str, Any], Response, Response]]:
    """The labelled pairs: name, expected.json, the response before and after."""
    for folder in sorted((shared_data / "replay").iterdir()):
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        sides = []
        for side in ("before", "after"):
            html = (folder / f"{side}.html").read_text(encoding="utf-8", errors="replace")
            sides.append(response(html, expected.get(f"headers_{side}"), URL + expected.get("path", "")))
        yield folder.name, expected, sides[0], sides[1]


def page_of(given: Response) -> Page:
    return Page(given.body.decode("utf-8", "replace"), given.final_url)
