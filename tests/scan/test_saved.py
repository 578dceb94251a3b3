"""Saved responses are read like fetched ones, without what only a fetch can know."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import VedetteError
from core.scan.response import Hop
from core.scan.saved import load


def test_a_page_is_read_with_the_headers_beside_it(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"<title>Hi</title>")
    about = {"url": "https://shop.test/", "status": 404, "headers": [["Server", "nginx"], ["X", "1"], ["X", "2"]]}
    (tmp_path / "page.headers.json").write_text(json.dumps(about))
    response = load(tmp_path / "page.html")
    assert (response.url, response.final_url, response.status) == ("https://shop.test/", "https://shop.test/", 404)
    assert response.headers == (("Server", "nginx"), ("X", "1"), ("X", "2"))
    assert response.body == b"<title>Hi</title>"
    assert (response.timings, response.tls, response.address, response.records) == ({}, None, "", {})


def test_a_page_alone_is_html_answered_with_200(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"<p>")
    response = load(tmp_path / "page.html")
    assert (response.status, response.header("content-type")) == (200, "text/html")
    assert response.url.startswith("file://")


def _entry(url: str, status: int, method: str = "GET", **response: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-01T00:00:00Z",
        "request": {"method": method, "url": url, "headers": []},
        "response": {"status": status, "headers": [], "content": {"size": 0}, "redirectURL": "", **response},
    }


def _recorded(tmp_path: Path, *entries: dict[str, Any]) -> Path:
    file = tmp_path / "site.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return file


def test_a_recordings_first_document_is_read_through_its_redirects(tmp_path: Path) -> None:
    body = base64.b64encode("<p>Grüße".encode("latin-1")).decode()
    file = _recorded(
        tmp_path,
        _entry("http://shop.test/", 204, method="OPTIONS"),
        _entry("http://shop.test/", 301, redirectURL="https://shop.test/"),
        _entry(
            "https://shop.test/",
            200,
            httpVersion="HTTP/2",
            headers=[{"name": ":status", "value": "200"}, {"name": "content-type", "value": "text/html"}],
            content={"mimeType": "text/html", "encoding": "base64", "text": body},
        ),
        _entry("https://shop.test/app.js", 200, content={"text": "x"}),
    )
    response = load(file)
    assert (response.url, response.final_url) == ("http://shop.test/", "https://shop.test/")
    assert response.redirects == (Hop("http://shop.test/", 301, "https://shop.test/"),)
    assert response.headers == (("content-type", "text/html"),)
    assert (response.body, response.http_version) == ("<p>Grüße".encode("latin-1"), "HTTP/2")


def test_text_that_the_browser_decoded_is_not_decoded_again(tmp_path: Path) -> None:
    file = _recorded(tmp_path, _entry("https://shop.test/", 200, content={"text": "Grüße"}))
    assert load(file).body == b"\xef\xbb\xbf" + "Grüße".encode()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page.har", "{", "not what a saved response should hold"),
        ("page.har", '{"log": {}}', "not what a saved response should hold"),
        ("page.har", '{"log": {"entries": []}}', "holds no answered GET request"),
        (
            "page.har",
            json.dumps({"log": {"entries": [_entry("x", 200, content={"encoding": "base64", "text": "!"})]}}),
            "not base64",
        ),
        ("page.headers.json", '{"headers": [["only a name"]]}', "not what a saved response should hold"),
        ("page.headers.json", '{"status": "fine"}', "not what a saved response should hold"),
        ("other.txt", "", "No such file"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    file = tmp_path / (name if name.endswith(".har") else "page.html")
    if name == "page.headers.json":
        file.write_text("<p>")
    with pytest.raises(VedetteError, match=said) as caught:
        load(file)
    assert str(tmp_path) in str(caught.value)


def test_a_folder_is_not_a_page(tmp_path: Path) -> None:
    with pytest.raises(VedetteError, match="Is a directory"):
        load(tmp_path)
