"""Each fingerprint against what the vendor's software serves (snippets.toml)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import re2

from core.scan.technology.fingerprints import Field, built_in
from core.scan.technology.matcher import search
from tests.scan.technology.pages import detected

with Path(__file__).with_name("snippets.toml").open("rb") as file:
    SNIPPETS: list[dict[str, Any]] = tomllib.load(file)["snippet"]
INSTALLED = re.compile(r"\b(?:npm|Debian|PyPI)\b")
VERSIONED = {fingerprint.name for fingerprint in built_in() if any(r.pattern.version for r in fingerprint.rules)}


def page(snippet: dict[str, Any]) -> str:
    markup = snippet.get("html", "")
    for element in ("script", "style"):
        if element in snippet:
            markup += f"<{element}>{snippet[element]}</{element}>"
    return f"<!doctype html><html><head><title>x</title>{markup}</head><body></body></html>"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: f"{snippet['technology']}-{snippet['source'][:40]}")
def test_a_snippet_shows_its_technology_and_version(snippet: dict[str, Any]) -> None:
    technology = detected(page(snippet), snippet.get("headers")).get(snippet["technology"])
    assert technology is not None
    assert technology.version == snippet.get("version", "")
    assert technology.evidence
    assert technology.categories


def test_every_fingerprint_has_a_snippet() -> None:
    shown = {snippet["technology"] for snippet in SNIPPETS}
    assert {fingerprint.name for fingerprint in built_in()} == shown
    assert len(shown) >= 110


def test_every_fingerprint_that_yields_versions_has_a_snippet_with_one() -> None:
    shown = {snippet["technology"] for snippet in SNIPPETS if snippet.get("version")}
    assert shown >= VERSIONED
    assert len(VERSIONED) >= 55


def test_most_versions_come_from_software_that_was_installed() -> None:
    installed = {s["technology"] for s in SNIPPETS if s.get("version") and INSTALLED.search(s["source"])}
    assert len(installed) >= 100


def test_expressions_are_anchored_and_run_in_linear_time() -> None:
    searched = {Field.SCRIPT, Field.STYLESHEET, Field.HTML, Field.INLINE, Field.URL, Field.DOM}
    options = re2.Options()
    options.case_sensitive = False
    for fingerprint in built_in():
        for rule in fingerprint.rules:
            assert rule.pattern.required or rule.field not in searched, (fingerprint.name, rule)
            re2.compile(rule.pattern.expression, options)  # type: ignore[no-untyped-call]
            search(rule.pattern.expression)
