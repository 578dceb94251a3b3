"""Our security grade agrees with MDN HTTP Observatory on every case it was asked about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.model.scan import ScanJob
from core.scan.grade import grade, letter
from core.scan.look import look
from core.scan.policy import read_policies
from core.scan.response import Hop, Response

HTTPS = "https://observed.test/"
HTTP = "http://observed.test/"
WAYS = {
    "https": (Hop(HTTP, 301, HTTPS),),
    "https-302": (Hop(HTTP, 302, HTTPS),),
    "http-other": (Hop(HTTP, 301, "http://www.observed.test/"), Hop("http://www.observed.test/", 301, HTTPS)),
}


def graded(case: dict[str, object]) -> tuple[int, str, dict[str, tuple[str, bool, int]]]:
    headers = []
    for name, value in case["headers"].items():  # type: ignore[attr-defined]
        headers += [(name, each) for each in (value if isinstance(value, list) else [value])]
    ways = WAYS.get(str(case["http_behaviour"]), ())
    response = Response(
        url=ways[0].url if ways else HTTPS,
        final_url=HTTPS,
        status=200,
        headers=tuple(headers),
        body=str(case["html"]).encode(),
        redirects=ways,
        https_redirect=bool(ways),
    )
    seen = grade(look(ScanJob(1, 1, "observed", response.url, ()), response, parse=True))
    return seen.score, seen.grade, {test.name: (test.result, test.passed, test.modifier) for test in seen.tests}


@pytest.mark.shared_data
def test_the_grade_agrees_with_the_observatory_on_every_case(shared_data: Path) -> None:
    cases = json.loads((shared_data / "observatory/graded_cases.json").read_text(encoding="utf-8"))
    differing = []
    for case in cases:
        expected = case["expected"]
        tests = {name: (t["result"], t["pass"], t["modifier"]) for name, t in expected["tests"].items()}
        if graded(case) != (expected["score"], expected["grade"], tests):
            differing.append(case["id"])
    print(f"{len(cases) - len(differing)} of {len(cases)} grades agree")
    assert differing == []


@pytest.mark.parametrize(
    ("score", "name"),
    [
        *((140, "A+"), (100, "A+"), (99, "A"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+")),
        *((50, "C"), (45, "C-"), (40, "D+"), (30, "D"), (25, "D-"), (24, "F"), (0, "F")),
    ],
)
def test_a_score_has_its_letter(score: int, name: str) -> None:
    assert letter(score) == name


def test_bonus_points_need_ninety_points_first() -> None:
    bare = {"headers": {"content-type": "text/html"}, "html": "<p>", "http_behaviour": "https"}
    score, name, tests = graded(bare)
    assert (score, name) == (100 - 25 - 20 - 20 - 5, "D")
    assert tests["cookies"] == ("cookies-not-found", True, 0)


@pytest.mark.parametrize(
    ("policies", "directive", "sources"),
    [
        (["default-src 'self' a.test", "default-src a.test"], "default-src", {"a.test"}),
        (["default-src 'self'", "default-src a.test"], "default-src", {"'none'"}),
        (["script-src"], "script-src", {"'none'"}),
        (["default-src 'SELF'\r\n"], "default-src", {"'self'"}),
        (["img-src *", "script-src *"], "script-src", {"'none'"}),
    ],
)
def test_several_policies_allow_what_all_of_them_allow(policies: list[str], directive: str, sources: set[str]) -> None:
    assert read_policies(policies)[directive] == sources


@pytest.mark.parametrize("policies", [["   "], ["img"], ["img-src a; img-src b"]])
def test_a_policy_that_does_not_say_what_was_meant_is_refused(policies: list[str]) -> None:
    with pytest.raises(ValueError, match="policy"):
        read_policies(policies)


@pytest.mark.parametrize(
    ("cookie", "result"),
    [
        ("a=1; Secure; SameSite=Sometimes", "cookies-samesite-flag-invalid"),
        ("a=1; SameSite=None", "cookies-samesite-flag-invalid"),
        ("a=1; Secure", "cookies-secure-with-httponly-sessions"),
        ("heroku-session-affinity=x", "cookies-not-found"),
    ],
)
def test_the_worst_cookie_counts(cookie: str, result: str) -> None:
    case = {"headers": {"content-type": "text/html", "set-cookie": [cookie]}, "html": "", "http_behaviour": "https"}
    assert graded(case)[2]["cookies"][0] == result
