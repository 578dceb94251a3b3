"""One response becomes one scan, and an unchanged one becomes "same" as early as can be told."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pytest

from core.model.scan import FailureClass, Scan, ScanJob, read_otherwise
from core.model.target import SCANNER_NAMES
from core.scan.examine import examination, examine, raw_digest
from core.scan.look import Recognition
from core.scan.response import Response, TlsSession
from core.scan.scanners import PAGE_READERS, SCANNERS
from tests.scan.pages import URL, job, response

PAGE = "<title>T</title><p>Updated 5 minutes ago</p><script src=jquery-3.5.1.min.js></script>"
SITES_OWN = tuple(name for name in SCANNER_NAMES if name != "technology")


def known(scan: Scan, **settings: object) -> ScanJob:
    return job(known_raw=scan.raw_digest, known_facts=scan.fact_digest, **settings)


def test_the_registry_holds_a_scanner_for_every_name() -> None:
    assert tuple(SCANNERS) == SCANNER_NAMES
    assert set(SCANNERS) >= PAGE_READERS


def test_a_first_look_gives_facts_samples_a_grade_technologies_and_the_document() -> None:
    scan = examine(job(), response(PAGE, timings={"total_ms": 3.0}))
    kinds = {fact.kind for fact in scan.facts}
    assert {"page", "text", "script", "header", "security", "technology"} <= kinds
    assert scan.grade is not None
    assert [each.name for each in scan.technologies] == ["jQuery"]
    assert [each.metric for each in scan.samples] == ["total_ms", "transfer_bytes", "body_bytes"]
    assert scan.document is not None
    assert scan.document.body == PAGE.encode()
    assert scan.document.digest == blake2b(PAGE.encode(), digest_size=16).digest()
    assert not scan.same
    assert len({(fact.kind, fact.key) for fact in scan.facts}) == len(scan.facts)


def test_the_same_bytes_are_not_parsed_again() -> None:
    first = examine(job(), response(PAGE))
    stages: list[str] = []
    again = examine(known(first), response(PAGE, timings={"total_ms": 3.0}), step=stages.append)
    assert stages == ["digest"]
    assert again.same
    assert again.facts == ()
    assert again.document is None
    assert (again.raw_digest, again.fact_digest) == (first.raw_digest, first.fact_digest)
    assert [each.metric for each in again.samples] == ["total_ms", "transfer_bytes", "body_bytes"]


def test_a_scan_says_that_the_body_was_cut_off() -> None:
    assert examine(job(), response(PAGE, truncated=True)).truncated
    assert not examine(job(), response(PAGE)).truncated


def test_other_bytes_with_the_same_facts_are_the_same_with_a_new_raw_digest() -> None:
    first = examine(job(), response(PAGE))
    again = examine(known(first), response(PAGE.replace("5 minutes", "7 minutes")))
    assert again.same
    assert again.facts == ()
    assert again.raw_digest != first.raw_digest
    assert again.fact_digest == first.fact_digest


def test_a_change_gives_everything_again() -> None:
    first = examine(job(), response(PAGE))
    again = examine(known(first), response(PAGE.replace("<title>T", "<title>U")))
    assert not again.same
    assert again.fact_digest != first.fact_digest
    assert again.document is not None


def test_no_document_is_kept_when_nobody_wants_it() -> None:
    assert examine(job(want_document=False), response(PAGE)).document is None


def test_stages_come_in_the_order_of_the_registry() -> None:
    assert list(examination(job(), response(PAGE))) == ["digest", "parse", *SCANNER_NAMES]
    assert list(examination(job(scanners=("content", "performance")), response(PAGE))) == [
        "digest",
        "parse",
        "performance",
        "content",
    ]


NOISE = {
    "date": (("date", "a"), ("date", "b")),
    "request id": (("x-request-id", "a"), ("x-request-id", "b")),
    "cookie value": (("set-cookie", "sid=a; Secure"), ("set-cookie", "sid=b; Secure")),
}


@pytest.mark.parametrize(("one", "other"), NOISE.values(), ids=NOISE)
def test_the_raw_digest_leaves_out_what_differs_every_time(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert raw_digest(job(), response(PAGE, one)) == raw_digest(job(), response(PAGE, other))


BASE = response(PAGE)
TLS = TlsSession("TLSv1.3", "A", "h2", (b"leaf",))


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, status=201),
        replace(BASE, final_url=URL + "x"),
        replace(BASE, body=BASE.body + b" "),
        replace(BASE, headers=(*BASE.headers, ("server", "x"))),
        replace(BASE, headers=(*BASE.headers, ("set-cookie", "sid=a; Secure"))),
        replace(BASE, records={"A": ("192.0.2.1",)}),
        replace(BASE, address="192.0.2.1"),
        replace(BASE, https_redirect=True),
        replace(BASE, tls=TLS),
        replace(BASE, tls=replace(TLS, protocol="TLSv1.2")),
        replace(BASE, tls=replace(TLS, chain=(b"other",))),
    ],
)
def test_the_raw_digest_sees_all_that_facts_are_made_of(other: Response) -> None:
    digests = [raw_digest(job(), each) for each in (BASE, other, replace(BASE, tls=replace(TLS, cipher="B")))]
    assert len(set(digests)) == 3


@pytest.mark.parametrize("settings", [{"scanners": ("content",)}, {"select": "main"}, {"ignore": ("#x",)}])
def test_other_settings_look_again_at_the_same_bytes(settings: dict[str, object]) -> None:
    assert raw_digest(job(), BASE) != raw_digest(job(**settings), BASE)


def test_the_order_of_records_and_the_turn_of_addresses_do_not_matter() -> None:
    one = replace(BASE, address="192.0.2.1", records={"A": ("192.0.2.1", "192.0.2.2")})
    other = replace(BASE, address="192.0.2.2", records={"A": ("192.0.2.2", "192.0.2.1")})
    assert raw_digest(job(), one) == raw_digest(job(), other)


@pytest.mark.parametrize("settings", [{"ignore": ("/(/",)}, {"ignore": (":::",)}, {"select": "p["}])
def test_settings_that_cannot_be_used_are_a_failure_that_names_them(settings: dict[str, object]) -> None:
    scan = examine(job(**settings), response(PAGE))
    assert scan.failure is not None
    assert scan.failure.failure_class is FailureClass.PARSE
    assert str(next(iter(settings.values()))).strip("(),'") in scan.failure.message.replace("\\\\", "\\")
    assert scan.facts == ()


def test_scanners_that_read_no_page_do_not_parse_one() -> None:
    scan = examine(job(scanners=("performance", "infrastructure"), ignore=(":::",)), response(PAGE))
    assert scan.failure is None


def labelled(shared_data: Path, *kinds: str) -> list[tuple[Path, dict[str, object]]]:
    found = []
    for path in sorted((shared_data / "replay").glob("*/expected.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        if str(expected["kind"]).startswith(kinds):
            found.append((path.parent, expected))
    return found


def read(folder: Path, expected: dict[str, object], which: str) -> Scan:
    headers = expected.get(f"headers_{which}") or {"content-type": "text/html; charset=utf-8"}
    body = (folder / f"{which}.html").read_bytes()
    served = Response(URL, URL, 200, tuple(headers.items()), body)  # type: ignore[attr-defined]
    return examine(job(scanners=SITES_OWN), served)


def differing(folder: Path, expected: dict[str, object]) -> set[str]:
    before, after = (
        {(fact.kind, fact.key, fact.compared) for fact in read(folder, expected, which).facts}
        for which in ("before", "after")
    )
    return {key if kind == "page" else kind for kind, key, _ in before ^ after}


@pytest.mark.shared_data
def test_pages_with_noise_only_give_equal_facts(shared_data: Path) -> None:
    noisy = labelled(shared_data, "noise-")
    assert len(noisy) == 18
    assert {folder.name: differing(folder, expected) for folder, expected in noisy} == {
        folder.name: set() for folder, _ in noisy
    }


@pytest.mark.shared_data
def test_pages_without_a_change_that_matters_differ_in_metas_at_most(shared_data: Path) -> None:
    """Two of them change how phones render the page (viewport): a fact, told as information."""
    calm = labelled(shared_data, "real-nochange")
    changed = {folder.name: kinds for folder, expected in calm if (kinds := differing(folder, expected))}
    assert len(changed) <= 2
    assert all(kinds == {"meta"} for kinds in changed.values())


SHOWN_IN = {
    "title_changed": "title",
    "text_changed": "text",
    "headings_changed": "heading",
    "inline_script_changed": "inline_script",
    "script_added": "script",
    "script_removed": "script",
    "stylesheet_added": "stylesheet",
    "stylesheet_removed": "stylesheet",
    "link_added": "link",
    "link_removed": "link",
    "image_added": "image",
    "image_removed": "image",
    "meta_description_changed": "meta",
    "form_count_changed": "form",
    "content_type_changed": "content_type",
    "security_header_changed": "header",
}


@pytest.mark.shared_data
def test_every_labelled_change_shows_in_the_facts_of_its_kind(shared_data: Path) -> None:
    missing = []
    for folder, expected in labelled(shared_data, "real-change", "change-plus-noise", "header-"):
        kinds = differing(folder, expected)
        for label in expected["expected"]:  # type: ignore[attr-defined]
            if label["type"] in SHOWN_IN and SHOWN_IN[label["type"]] not in kinds:
                missing.append((folder.name, label["type"]))
    assert missing == []


def test_the_raw_digest_begins_with_how_technologies_are_told_where_they_are() -> None:
    own = Recognition(digest="own set")
    assert read_otherwise(raw_digest(job(), response(PAGE)), raw_digest(job(), response(PAGE), own))
    assert not read_otherwise(raw_digest(job(), response(PAGE)), raw_digest(job(), response("other")))
    speed = job(scanners=("performance",))
    assert raw_digest(speed, response(PAGE)) == raw_digest(speed, response(PAGE), own)
