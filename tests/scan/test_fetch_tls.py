"""TLS: what a verified session tells, and what is said of a certificate that cannot be trusted."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme

from core.model.scan import FailureClass
from core.scan.certificate import certificate_facts
from core.scan.fetch import Fetched, Fetcher
from core.scan.response import Response
from core.settings.values import FetchSettings
from tests.scan.servers import (
    Authority,
    always,
    authority,
    context,
    fetcher_for,
    naming,
    page,
    redirect,
    self_signed,
    serving,
)


@pytest.fixture
def own(tmp_path: Path) -> Authority:
    return authority(tmp_path)


def _response(fetched: Fetched) -> Response:
    assert fetched.failure is None
    assert fetched.response is not None
    return fetched.response


async def test_a_verified_session_tells_protocol_cipher_and_chain(own: Authority) -> None:
    async with serving(always(page()), tls=own.server("shop.test")) as server:
        fetched = await fetcher_for(server, ca=own).fetch("https://shop.test/")
    session = _response(fetched).tls
    assert session is not None
    assert (session.protocol, session.alpn) == ("TLSv1.3", "")
    assert session.cipher.startswith("TLS_")
    assert fetched.chain == session.chain
    assert certificate_facts(session.chain)["san"] == "shop.test"
    assert {"connect_ms", "tls_ms", "ttfb_ms", "download_ms", "total_ms"} == set(_response(fetched).timings)


async def test_the_chain_is_told_as_the_server_sent_it(own: Authority) -> None:
    between = own.ca.create_child_ca()
    certificate = context(between.issue_cert("shop.test"))
    async with serving(always(page()), tls=certificate) as server:
        fetched = await fetcher_for(server, ca=own).fetch("https://shop.test/")
    assert len(fetched.chain) == 2
    assert fetched.chain[0] != fetched.chain[1]


async def test_the_protocol_both_sides_speak_is_negotiated(own: Authority) -> None:
    tls = own.server("shop.test")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_alpn_protocols(["h2", "http/1.1"])
    async with serving(always(page()), tls=tls) as server:
        session = _response(await fetcher_for(server, ca=own).fetch("https://shop.test/")).tls
    assert session is not None
    assert (session.protocol, session.alpn) == ("TLSv1.2", "http/1.1")


async def test_a_trailing_dot_and_an_address_are_verified_as_what_they_are(own: Authority) -> None:
    async with serving(always(page()), tls=own.server("shop.test", "127.0.0.1")) as server:
        fetcher = fetcher_for(server, ca=own)
        assert _response(await fetcher.fetch("https://shop.test./")).status == 200
        assert _response(await fetcher.fetch(f"https://127.0.0.1:{server.port}/")).status == 200


async def test_a_large_body_comes_whole_through_tls(own: Authority) -> None:
    body = bytes(range(256)) * 4000
    async with serving(always(page(body)), tls=own.server("shop.test")) as server:
        assert _response(await fetcher_for(server, ca=own).fetch("https://shop.test/")).body == body


@contextlib.asynccontextmanager
async def _failing(kind: str, own: Authority, folder: Path) -> AsyncIterator[Fetched]:
    contexts = {
        "expired": lambda: own.server("shop.test", days=-1),
        "wrong host": lambda: own.server("other.test"),
        "self-signed": lambda: self_signed(folder, "shop.test"),
        "unknown issuer": lambda: context(trustme.CA().issue_cert("shop.test")),
    }
    async with serving(always(page()), tls=contexts[kind]()) as server:
        yield await fetcher_for(server, ca=own).fetch("https://shop.test/")
    assert server.requests == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("expired", "shop.test: the certificate has expired"),
        ("wrong host", "shop.test: the certificate is for another host name"),
        ("self-signed", "shop.test: the certificate is self-signed"),
        ("unknown issuer", "shop.test: the certificate's issuer is unknown"),
    ],
)
async def test_a_certificate_that_cannot_be_trusted_is_described_and_still_told(
    kind: str, said: str, own: Authority, tmp_path: Path
) -> None:
    async with _failing(kind, own, tmp_path) as fetched:
        assert fetched.response is None
        assert fetched.failure is not None
        assert fetched.failure.failure_class is FailureClass.TLS
        assert fetched.failure.message.startswith(said)
        assert certificate_facts(fetched.chain)["fingerprint"] == hashlib.sha256(fetched.chain[0]).hexdigest()


async def test_an_address_that_the_certificate_does_not_name_is_refused(own: Authority) -> None:
    async with serving(always(page()), tls=own.server("shop.test")) as server:
        fetched = await fetcher_for(server, ca=own).fetch(f"https://127.0.0.1:{server.port}/")
    assert fetched.failure is not None
    assert fetched.failure.message == "127.0.0.1: the certificate is for another address"


async def test_outdated_protocols_are_a_tls_failure(own: Authority) -> None:
    tls = own.server("shop.test")
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1
    async with serving(always(page()), tls=tls) as server:
        fetched = await fetcher_for(server, ca=own).fetch("https://shop.test/")
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.TLS


async def test_plain_http_where_tls_is_expected_is_a_tls_failure(own: Authority) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await reader.read(1000)
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        settings = FetchSettings(timeout=5.0, allow=("127.0.0.0/8",), resolve=(("shop.test", "127.0.0.1", port),))
        fetched = await Fetcher(settings).fetch("https://shop.test/")
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.TLS
    assert fetched.failure.message == "shop.test: the server does not speak TLS on this port"


async def test_a_hang_up_in_the_handshake_is_a_tls_failure() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        settings = FetchSettings(timeout=5.0, allow=("127.0.0.0/8",), resolve=(("shop.test", "127.0.0.1", port),))
        fetched = await Fetcher(settings).fetch("https://shop.test/")
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.TLS


async def test_a_silent_handshake_ends_in_a_timeout_that_says_where() -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await asyncio.sleep(3600)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        settings = FetchSettings(timeout=0.3, allow=("127.0.0.0/8",), resolve=(("shop.test", "127.0.0.1", port),))
        fetched = await Fetcher(settings).fetch("https://shop.test/")
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.TIMEOUT
    assert fetched.failure.message == "no complete answer within 0.3 s, while in the TLS handshake"


async def test_hosts_at_one_address_never_share_a_verified_connection(own: Authority) -> None:
    """A pool keyed by address would answer 200 for the second host over the connection of the first."""
    only_first = own.server("first.test")
    async with serving(always(page(b"", "Connection: keep-alive")), tls=only_first) as server:
        fetcher = fetcher_for(server, "first.test", "second.test", ca=own)
        first = await fetcher.fetch("https://first.test/")
        second = await fetcher.fetch("https://second.test/")
        async with httpx.AsyncClient(transport=fetcher.transport, trust_env=False) as client:
            await client.get("https://first.test/")
            with pytest.raises(httpx.HTTPError, match="another host name"):
                await client.get("https://second.test/")
    assert _response(first).status == 200
    assert second.failure is not None
    assert second.failure.failure_class is FailureClass.TLS
    assert len(server.requests) == 2


async def test_the_authority_named_in_the_environment_is_trusted(
    own: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    async with serving(always(page()), tls=own.server("shop.test")) as server:
        assert _response(await fetcher_for(server).fetch("https://shop.test/")).status == 200


async def test_an_http_target_says_whether_it_leads_to_https(own: Authority) -> None:
    async with (
        serving(always(page()), tls=own.server("secure.test")) as secure,
        serving(always(redirect("https://secure.test/"))) as plain,
    ):
        where = (("secure.test", "127.0.0.1", secure.port), ("shop.test", "127.0.0.1", plain.port))
        response = _response(await fetcher_for(plain, ca=own, resolve=where).fetch("http://shop.test/"))
    assert response.https_redirect is True
    assert response.tls is not None


@pytest.mark.parametrize(("answer", "leads"), [(redirect("https://shop.test/"), True), (page(), False)])
async def test_an_https_target_is_asked_once_a_day_whether_plain_http_leads_there(
    answer: bytes, leads: bool, own: Authority
) -> None:
    zone = {("shop.test", "A"): ["127.0.0.77"]}
    async with contextlib.AsyncExitStack() as stack:
        try:
            tls = own.server("shop.test")
            await stack.enter_async_context(serving(always(page()), tls=tls, host="127.0.0.77", port=443))
            plain = await stack.enter_async_context(serving(always(answer), host="127.0.0.77", port=80))
        except OSError as error:
            pytest.skip(f"the well-known ports cannot be had here: {error}")
        names = await stack.enter_async_context(naming(zone))
        fetcher = fetcher_for(plain, ca=own, resolve=(), resolvers=(names.where,))
        unasked = await fetcher.fetch("https://shop.test/", dns_records=False)
        asked = await fetcher.fetch("https://shop.test/", dns_records=False, https_probe=True)
        again = await fetcher.fetch("https://shop.test/", dns_records=False, https_probe=True)
    assert _response(unasked).https_redirect is None
    assert _response(asked).https_redirect is leads
    assert _response(again).https_redirect is leads
    assert len(plain.requests) == 1
