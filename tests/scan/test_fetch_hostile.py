"""Servers that mean harm: whatever they do ends in a typed result within the timeout."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import brotli
import pytest
import zstandard

from core.model.scan import FailureClass
from core.scan.fetch import Fetcher
from core.settings.values import FetchSettings
from tests.scan.servers import (
    Answer,
    Seen,
    Server,
    always,
    drip,
    endless,
    fetcher_for,
    naming,
    page,
    redirect,
    serving,
    silence,
)

LOOPBACK = [
    "127.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "shop.localhost", "127.1", "127.0.1",
    "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "[::1]",
    "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[::1%25lo]", "１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "user@127.0.0.1", "public@[::1]",
    "127.0.0.2", "127.127.127.127",
]  # fmt: skip


@contextlib.asynccontextmanager
async def _canary() -> AsyncIterator[tuple[Server, Server]]:
    """Listens on every IPv4 address and on ::1, where there is one, at one port."""
    async with serving(always(page(b"secret")), host="0.0.0.0") as four:
        try:
            async with serving(always(page(b"secret")), host="::1", port=four.port) as six:
                yield four, six
        except OSError:
            yield four, four


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_spelling_of_loopback_reaches_the_canary(host: str) -> None:
    async with _canary() as (four, six):
        settings = FetchSettings(timeout=5.0)
        fetched = await Fetcher(settings).fetch(f"http://{host}:{four.port}/")
        assert (four.connections, six.connections) == (0, 0)
    assert fetched.response is None
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.POLICY


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_redirect_reaches_the_canary(host: str) -> None:
    async with _canary() as (four, six):
        location = f"http://{host}:{four.port}/".encode().decode("latin-1")
        async with serving(always(redirect(location)), host="127.0.0.66") as first:
            fetcher = fetcher_for(first, allow=("127.0.0.66/32",), resolve=(("shop.test", "127.0.0.66", first.port),))
            fetched = await fetcher.fetch("http://shop.test/")
        assert (first.connections, four.connections, six.connections) == (1, 0, 0)
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.POLICY


async def test_an_override_implies_no_leave() -> None:
    async with _canary() as (four, _):
        settings = FetchSettings(timeout=5.0, resolve=(("shop.test", "127.0.0.1", four.port),))
        refused = await Fetcher(settings).fetch("http://shop.test/")
        assert four.connections == 0
        permitted = await Fetcher(settings).fetch("http://shop.test/", allow_private=True)
    assert refused.failure is not None
    assert "shop.test: 127.0.0.1 is a loopback address" in refused.failure.message
    assert permitted.response is not None


async def test_a_name_that_changes_its_mind_is_judged_by_each_answer() -> None:
    """DNS rebinding: permitted first, the canary afterwards."""
    answers = iter(["127.0.0.66", "127.0.0.1", "127.0.0.1"])

    def zone(_name: str, kind: str) -> Sequence[str]:
        return [next(answers)] if kind == "A" else []

    at = [0.0]
    async with _canary() as (four, six), naming(zone) as names:
        settings = FetchSettings(timeout=5.0, allow=("127.0.0.66/32",), resolvers=(names.where,))
        fetcher = Fetcher(settings, monotonic=lambda: at[0])
        first = await fetcher.fetch(f"http://rebind.test:{four.port}/", dns_records=False)
        at[0] += 61
        second = await fetcher.fetch(f"http://rebind.test:{four.port}/", dns_records=False)
        assert (four.connections, six.connections) == (1, 0)
    assert first.response is not None
    assert second.failure is not None
    assert second.failure.failure_class is FailureClass.POLICY


async def _lying_length(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")


async def _reset(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _reset_in_body(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ZEROS = b"\0" * 40_000_000
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"

HOSTILE: dict[str, tuple[Answer, str]] = {
    "gzip bomb": (always(page(gzip.compress(ZEROS), "Content-Encoding: gzip")), "truncated"),
    "brotli bomb": (always(page(brotli.compress(ZEROS), "Content-Encoding: br")), "truncated"),
    "zstd bomb": (always(page(zstandard.compress(ZEROS), "Content-Encoding: zstd")), "truncated"),
    "gzip bomb in gzip": (
        always(page(gzip.compress(gzip.compress(ZEROS)), "Content-Encoding: gzip, gzip")), "truncated"),
    "bomb that ends early": (always(page(gzip.compress(ZEROS)[:20_000], "Content-Encoding: gzip")), "truncated"),
    "three codings": (always(page(b"x", "Content-Encoding: gzip, gzip, gzip")), "body"),
    "unknown coding": (always(page(b"x", "Content-Encoding: \x7fx")), "body"),
    "coding never asked for": (always(page(b"x", "Content-Encoding: compress")), "body"),
    "text that says gzip": (always(page(b"<p>", "Content-Encoding: gzip")), "body"),
    "gzip cut short": (always(page(gzip.compress(b"x" * 100)[:-5], "Content-Encoding: gzip")), "body"),
    "endless body": (endless(OK + b"\r\n", b"x" * 65536), "truncated"),
    "endless chunks": (endless(CHUNKED, b"8000\r\n" + b"x" * 0x8000 + b"\r\n"), "truncated"),
    "endless tiny chunks": (endless(CHUNKED, b"1\r\nx\r\n" * 2000), "body"),
    "endless gzip": (endless(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x"), b"\0" * 65536), "truncated"),
    "body beyond its length": (always(page(b"short") + b"x" * 100_000), "200"),
    "body short of its length": (_lying_length, "body"),
    "reset at once": (_reset, "http"),
    "reset in the body": (_reset_in_body, "body"),
    "nothing": (always(b""), "http"),
    "silence": (silence, "timeout"),
    "dripping status line": (drip(b"HTTP/1.1 ", b" "), "timeout"),
    "dripping headers": (drip(OK, b"X-Drip: 1\r\n"), "timeout"),
    "dripping body": (drip(OK + b"Content-Length: 100000\r\n\r\n", b"x"), "timeout"),
    "dripping chunks": (drip(CHUNKED, b"1\r\nx\r\n"), "timeout"),
    "flood of 103": (endless(b"", INTERIM * 100), "http"),
    "slow flood of 103": (drip(b"", INTERIM, 0.01), "http"),
    "flood of 100": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500), "http"),
    "a few 103 before the answer": (always(INTERIM * 3 + page(b"fine")), "200"),
    "6,000 headers": (always(page(b"", *(f"X-{number}: 1" for number in range(6000)))), "http"),
    "300 headers": (always(page(b"", *(f"X-{number}: 1" for number in range(300)))), "http"),
    "200 headers": (always(page(b"", *(f"X-{number}: 1" for number in range(200)))), "200"),
    "endless header": (endless(OK + b"X-Long: ", b"a" * 65536), "http"),
    "endless headers": (endless(OK, b"X-More: 1\r\n" * 1000), "http"),
    "endless status line": (endless(b"HTTP/1.1 200 ", b"a" * 65536), "http"),
    "endless trailers": (endless(CHUNKED + b"0\r\n", b"X-More: 1\r\n" * 1000), "body"),
    "endless redirect body": (
        endless(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 2000000000\r\n\r\n", b"x" * 65536), "http"),
    "two lengths": (always(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), "http"),
    "negative length": (always(OK + b"Content-Length: -1\r\n\r\n"), "http"),
    "absurd length": (always(OK + b"Content-Length: 99999999999999999999\r\n\r\nx"), "body"),
    "length that is no number": (always(OK + b"Content-Length: many\r\n\r\n"), "http"),
    "chunk size that is no number": (always(CHUNKED + b"zz\r\nxx\r\n0\r\n\r\n"), "body"),
    "chunk size without end": (endless(CHUNKED, b"0" * 65536), "body"),
    "status of four digits": (always(b"HTTP/1.1 2000 OK\r\n\r\n"), "http"),
    "status of nothing": (always(b"HTTP/1.1 000 \r\n\r\n"), "http"),
    "NUL in a header": (always(OK + b"X: a\0b\r\n\r\n"), "http"),
    "escape in a header": (always(page(b"", "X: \x1b]0;owned\x07")), "200"),
    "space in a header name": (always(OK + b"X Y: 1\r\n\r\n"), "http"),
    "another protocol": (always(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "http"),
    "HTTP/2 at once": (always(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18), "http"),
    "HTTP/0.9": (always(b"<html>hello</html>\r\n\r\n"), "http"),
    "binary noise": (always(bytes(range(256)) * 10 + b"\r\n\r\n"), "http"),
    "protocol switch": (always(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), "http"),
    "unknown charset": (always(page(b"x", "Content-Type: text/html; charset=zlib_codec")), "200"),
    "location that is no URL": (always(redirect("http://[")), "policy"),
    "location of 20,000 characters": (always(redirect("/" + "a" * 20_000)), "policy"),
    "location in Latin-1": (always(redirect("/caf\xe9")), "http"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_server_ends_in_a_typed_result(name: str) -> None:
    answer, expected = HOSTILE[name]
    async with serving(answer) as server:
        fetcher = fetcher_for(server, timeout=1.0, max_body=100_000, max_transfer=400_000)
        fetched = await fetcher.fetch("http://shop.test/")
    if fetched.failure is not None:
        assert fetched.failure.failure_class.value == expected, fetched.failure.message
        assert fetched.failure.message.isprintable()
        return
    assert fetched.response is not None
    assert len(fetched.response.body) <= 100_000
    assert fetched.response.transfer_bytes <= 400_000
    assert ("truncated" if fetched.response.truncated else str(fetched.response.status)) == expected


async def test_the_body_of_a_redirect_is_never_read() -> None:
    sent = [0]

    async def two_gigabytes(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if seen.path == "/there":
            writer.write(page(b"there"))
            return
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 2000000000\r\n\r\n")
        while not writer.is_closing() and sent[0] < 2_000_000_000:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent[0] += 65536

    async with serving(two_gigabytes) as server:
        fetched = await fetcher_for(server).fetch("http://shop.test/")
    assert fetched.response is not None
    assert fetched.response.body == b"there"
    assert sent[0] < 50_000_000


async def test_the_loop_lives_while_a_server_floods_us() -> None:
    """A socket that always has more to read must not keep other work, and with it the timeout, from running."""
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    async with serving(endless(CHUNKED, b"1\r\nx\r\n" * 2000)) as server:
        beating = asyncio.create_task(heart())
        await fetcher_for(server, timeout=2.0).fetch("http://shop.test/")
        beating.cancel()
    assert beats > 100


# One line for each case of llhttp's own tests: the class of failure, or the status of the response. Where it is
# stricter than llhttp (h11 takes no empty line before a status line) or laxer (any version digit, bare LF, spaces
# around chunk sizes), the result is still one answer, typed.
LLHTTP = {
    ("connection", "Proxy-Connection"): "200",
    ("connection", "HTTP/1.0 with keep-alive and EOF-terminated 200 status"): "200",
    ("connection", "HTTP/1.0 with keep-alive and 204 status"): "204",
    ("connection", "HTTP/1.1 with EOF-terminated 200 status"): "200",
    ("connection", "HTTP/1.1 with 204 status"): "204",
    ("connection", "HTTP/1.1 with keep-alive disabled and 204 status"): "204",
    ("connection", "HTTP/1.1 with keep-alive disabled, content-length (lenient)"): "200",
    ("connection", "HTTP/1.1 with keep-alive disabled, content-length"): "200",
    ("connection", "HTTP/1.1 with keep-alive disabled and 204 status (lenient)"): "204",
    ("connection", "HTTP 101 response with Upgrade and Content-Length header"): "http",
    ("connection", "HTTP 101 response with Upgrade and Transfer-Encoding header"): "http",
    ("connection", "HTTP 200 response with Upgrade header"): "200",
    ("connection", "HTTP 200 response with Upgrade header and Content-Length"): "200",
    ("connection", "HTTP 200 response with Upgrade header and Transfer-Encoding"): "200",
    ("connection", "HTTP 304 with Content-Length"): "304",
    ("connection", "HTTP 304 with Transfer-Encoding"): "304",
    ("connection", "HTTP 100 first, then 400"): "http",
    ("connection", "HTTP 103 first, then 200"): "body",
    ("content-length", "Response without `Content-Length`, but with body"): "200",
    ("content-length", "Content-Length-X"): "200",
    ("content-length", "Content-Length reset when no body is received"): "body",
    ("content-length", "Tabs in `Content-Length` (surrounding)"): "body",
    ("finish", "It should be safe to finish with cb after empty response"): "200",
    ("invalid", "Incomplete HTTP protocol"): "http",
    ("invalid", "Extra digit in HTTP major version"): "http",
    ("invalid", "Extra digit in HTTP major version #2"): "http",
    ("invalid", "Extra digit in HTTP minor version"): "http",
    ("invalid", "Tab after HTTP version"): "http",
    ("invalid", "CR before response and tab after HTTP version"): "http",
    ("invalid", "Headers separated by CR"): "http",
    ("invalid", "Bare CR after response line"): "http",
    ("invalid", "Bare CR after response line (lenient)"): "http",
    ("invalid", "Bare CR followed by CR after response line"): "http",
    ("invalid", "Invalid HTTP version"): "200",
    ("invalid", "Invalid space after start line"): "http",
    ("invalid", "Extra space between HTTP version and status code"): "http",
    ("invalid", "Extra space between status code and reason"): "200",
    ("invalid", "One-digit status code"): "http",
    ("invalid", "Only LFs present and no body"): "200",
    ("invalid", "Only LFs present and no body (lenient)"): "200",
    ("invalid", "Only LFs present"): "200",
    ("invalid", "Only LFs present (lenient)"): "200",
    ("lenient-version", "Invalid HTTP version (lenient)"): "200",
    ("pausing", "on_message_begin"): "200",
    ("pausing", "on_message_complete"): "200",
    ("pausing", "on_version_complete"): "200",
    ("pausing", "on_status_complete"): "200",
    ("pausing", "on_header_field_complete"): "200",
    ("pausing", "on_header_value_complete"): "200",
    ("pausing", "on_headers_complete"): "200",
    ("pausing", "on_chunk_header"): "200",
    ("pausing", "on_chunk_extension_name"): "200",
    ("pausing", "on_chunk_extension_value"): "200",
    ("pausing", "on_chunk_complete"): "200",
    ("pipelining", "Should parse multiple events"): "200",
    ("sample", "Simple response"): "200",
    ("sample", "RTSP response"): "http",
    ("sample", "ICE response"): "http",
    ("sample", "Error on invalid response start"): "http",
    ("sample", "Empty body should not trigger spurious span callbacks"): "200",
    ("sample", "Google 301"): "http",
    ("sample", "amazon.com"): "http",
    ("sample", "No headers and no body"): "404",
    ("sample", "No reason phrase"): "301",
    ("sample", "Empty reason phrase after space"): "200",
    ("sample", "No carriage ret"): "200",
    ("sample", "No carriage ret (lenient)"): "200",
    ("sample", "Underscore in header key"): "200",
    ("sample", "bonjourmadame.fr"): "http",
    ("sample", "Spaces in header value"): "200",
    ("sample", "Spaces in header name"): "http",
    ("sample", "Non ASCII in status line"): "http",
    ("sample", "HTTP version 0.9"): "200",
    ("sample", "No Content-Length, no Transfer-Encoding"): "200",
    ("sample", "Response starting with CRLF"): "http",
    ("transfer-encoding", "Trailing space on chunked body"): "200",
    ("transfer-encoding", "`chunked` before other transfer-encoding"): "http",
    ("transfer-encoding", "multiple transfer-encoding where chunked is not the last one"): "http",
    ("transfer-encoding", "`chunkedchunked` transfer-encoding does not enable chunked enconding"): "http",
    ("transfer-encoding", "Chunk extensions"): "200",
    ("transfer-encoding", "No semicolon before chunk extensions"): "body",
    ("transfer-encoding", "No extension after semicolon"): "200",
    ("transfer-encoding", "Chunk extensions quoting"): "body",
    ("transfer-encoding", "Unbalanced chunk extensions quoting"): "body",
    ("transfer-encoding", "Invalid OBS fold after chunked value"): "http",
}


def _llhttp_cases(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """File, title and bytes of each case; escapes as llhttp's own test runner reads them."""
    for file in sorted(folder.glob("response__*.md")):
        title = ""
        for found in re.finditer(
            r"^#+ +([^\n]+)$|<!-- meta=\{.*?\} *-->\n```http\n(.*?)```", file.read_text(), re.M | re.S
        ):
            if found[1]:
                title = found[1]
                continue
            text = found[2].removesuffix("\n").replace("\\\n", "").replace("\r\n", "\n").replace("\n", "\r\n")
            for escape, character in (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\f", "\f")):
                text = text.replace(escape, character)
            text = re.sub(r"\\x([0-9a-fA-F]+)", lambda digits: chr(int(digits[1], 16)), text)
            yield file.stem.removeprefix("response__"), title, text.encode("latin-1", "replace")


@pytest.mark.shared_data
async def test_the_cases_of_llhttp_end_as_written(shared_data: Path) -> None:
    seen: dict[tuple[str, str], str] = {}
    for file, title, raw in _llhttp_cases(shared_data / "hostile" / "http" / "llhttp"):
        async with serving(always(raw)) as server:
            hosts = ("shop.test", "www.google.com", "www.amazon.com", "www.bonjourmadame.fr")
            fetched = await fetcher_for(server, *hosts, timeout=2.0).fetch("http://shop.test/", dns_records=False)
        if fetched.failure is not None:
            seen[file, title] = fetched.failure.failure_class.value
        elif fetched.response is not None:
            seen[file, title] = str(fetched.response.status)
    assert seen == LLHTTP
