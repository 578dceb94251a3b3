"""Responses from files: a page saved with its headers beside it, or a browser's recording (HAR)."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TypeVar

import msgspec

from core.errors import VedetteError
from core.model.scan import SavedResponse
from core.scan.response import Hop, Response

MAX_FILE = 64 * 1024 * 1024
REDIRECTS = range(300, 400)
T = TypeVar("T")


class _Headers(msgspec.Struct):
    """`NAME.headers.json`, written beside `NAME.html`."""

    url: str = ""
    status: int = 200
    headers: list[tuple[str, str]] = []


class _Pair(msgspec.Struct):
    name: str
    value: str


class _Content(msgspec.Struct, rename="camel"):
    text: str = ""
    encoding: str = ""
    mime_type: str = ""


class _Answer(msgspec.Struct, rename="camel"):
    status: int
    headers: list[_Pair] = []
    content: _Content = msgspec.field(default_factory=_Content)
    http_version: str = ""
    redirect_url: str = msgspec.field(default="", name="redirectURL")


class _Question(msgspec.Struct):
    url: str
    method: str = "GET"


class _Entry(msgspec.Struct):
    request: _Question
    response: _Answer


class _Log(msgspec.Struct):
    entries: list[_Entry]


class _Recording(msgspec.Struct):
    """HAR 1.2 (w3c.github.io/web-performance/specs/HAR), as much of it as we look at."""

    log: _Log


def load(path: Path) -> Response:
    """The response in a file: `.har`, or anything else as a body with an optional `NAME.headers.json`.

    Timings, addresses and TLS are absent: nothing was measured. VedetteError where the file cannot be used.
    """
    if path.suffix.lower() == ".har":
        return _from_recording(path)
    beside = path.with_name(path.stem + ".headers.json")
    about = _read_json(beside, _Headers) if beside.is_file() else _Headers(headers=[("content-type", "text/html")])
    url = about.url or path.absolute().as_uri()
    return from_saved(SavedResponse(url, about.status, tuple(about.headers), _read(path)))


def from_saved(saved: SavedResponse) -> Response:
    """A response that was carried as a value, without anything that only a fetch can measure."""
    return Response(url=saved.url, final_url=saved.url, status=saved.status, headers=saved.headers, body=saved.body)


def _from_recording(path: Path) -> Response:
    """The document that the recording starts with: its first GET, through the redirects that it was sent on."""
    entries = [each for each in _read_json(path, _Recording).log.entries if each.request.method == "GET"]
    hops: list[Hop] = []
    for entry in entries:
        answer = entry.response
        if answer.status in REDIRECTS and answer.redirect_url:
            hops.append(Hop(entry.request.url, answer.status, answer.redirect_url))
        elif answer.status:
            return _recorded(path, entry, tuple(hops))
    raise VedetteError(f"{path}: the recording holds no answered GET request")


def _recorded(path: Path, entry: _Entry, hops: tuple[Hop, ...]) -> Response:
    answer = entry.response
    return Response(
        url=hops[0].url if hops else entry.request.url,
        final_url=entry.request.url,
        status=answer.status,
        headers=tuple((each.name, each.value) for each in answer.headers if not each.name.startswith(":")),
        body=_content(path, answer.content),
        http_version=answer.http_version,
        redirects=hops,
    )


def _content(path: Path, content: _Content) -> bytes:
    """The body: base64, or text that the browser has decoded, which is kept as UTF-8 with its mark so that no
    charset in the headers is applied a second time."""
    if content.encoding != "base64":
        text = content.text.encode("utf-8", "replace")
        return text if text.isascii() else b"\xef\xbb\xbf" + text
    try:
        return base64.b64decode(content.text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VedetteError(f"{path}: the recorded body is not base64 ({error})") from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise VedetteError(f"{path}: larger than {MAX_FILE // 1024 // 1024} MB; save the page alone")
        return path.read_bytes()
    except OSError as error:
        raise VedetteError(f"{path}: {error.strerror or error}") from error


def _read_json(path: Path, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(_read(path), type=shape)
    except msgspec.DecodeError as error:
        raise VedetteError(f"{path}: not what a saved response should hold: {error}") from error
