"""A fetch on its good days: what a response holds, how redirects are followed, and what is never sent."""

from __future__ import annotations

import asyncio
import base64
import gzip

import brotli
import httpx
import pytest
import zstandard

from core.errors import SettingsError
from core.model.scan import Failure, FailureClass
from core.scan.fault import TargetFault
from core.scan.fetch import Fetched, Fetcher
from core.scan.resolve import Resolver
from core.scan.response import Hop, Response, asked_to_wait
from core.scan.transport import GuardedTransport, verifying_context
from core.settings.values import FetchSettings
from tests.scan.servers import Seen, always, by_path, fetcher_for, naming, page, redirect, serving, silence


def _response(fetched: Fetched) -> Response:
    assert fetched.failure is None
    assert fetched.response is not None
    return fetched.response


def _failure(fetched: Fetched) -> Failure:
    assert fetched.failure is not None
    return fetched.failure


async def test_a_response_holds_what_the_server_said() -> None:
    answer = page(b"<title>Hi</title>", "Server: nginx", "X-Twice: a", "x-twice: b", "X-Name: Gr\xfc\xdfe")
    async with serving(always(answer)) as server:
        response = _response(await fetcher_for(server).fetch("http://shop.test/a?b=c#d"))
    assert (response.url, response.final_url) == ("http://shop.test/a?b=c", "http://shop.test/a?b=c")
    assert (response.status, response.body, response.http_version) == (200, b"<title>Hi</title>", "HTTP/1.1")
    assert response.header("server") == "nginx"
    assert response.header_values("x-twice") == ("a", "b")
    assert response.header("x-name") == "Grüße"
    assert (response.address, response.tls, response.transfer_bytes) == ("127.0.0.1", None, 17)
    assert (response.truncated, response.busy, response.records, response.https_redirect) == (False, False, {}, False)


async def test_phases_that_happened_are_timed_and_the_others_are_absent() -> None:
    async with serving(always(page())) as server:
        response = _response(await fetcher_for(server).fetch("http://shop.test/"))
    assert set(response.timings) == {"connect_ms", "ttfb_ms", "download_ms", "total_ms"}
    assert all(value >= 0 for value in response.timings.values())


async def test_a_lookup_is_timed_and_its_records_are_told() -> None:
    zone = {("shop.test", "A"): ["127.0.0.1"], ("shop.test", "MX"): ["10 mail.shop.test."]}
    async with serving(always(page())) as server, naming(zone) as names:
        fetcher = fetcher_for(server, resolve=(), resolvers=(names.where,))
        response = _response(await fetcher.fetch(f"http://shop.test:{server.port}/"))
        silent = _response(await fetcher.fetch(f"http://shop.test:{server.port}/", dns_records=False))
    assert "dns_ms" in response.timings
    assert (response.records["A"], response.records["MX"]) == (("127.0.0.1",), ("10 mail.shop.test",))
    assert "dns_ms" not in silent.timings
    assert silent.records == {}


async def test_a_request_says_who_we_are_and_carries_nothing_else() -> None:
    async with serving(always(page(b"", "Set-Cookie: session=1"))) as server:
        fetcher = fetcher_for(server, user_agent="Vedette/9 (test)")
        await fetcher.fetch("http://shop.test/")
        await fetcher.fetch("http://shop.test/")
    names = [line.partition(":")[0].lower() for line in server.requests[1].head.split("\r\n")[1:] if line]
    assert sorted(names) == ["accept", "accept-encoding", "connection", "host", "user-agent"]
    assert server.requests[1].header("host") == "shop.test"
    assert server.requests[1].header("user-agent") == "Vedette/9 (test)"
    assert server.requests[1].header("accept-encoding") == "gzip, br, zstd"
    assert server.connections == 2


async def test_an_override_does_not_show_in_the_host_header() -> None:
    async with serving(always(page())) as server:
        await fetcher_for(server).fetch("http://shop.test:8080/")
    assert server.requests[0].header("host") == "shop.test:8080"


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(always(page())) as server, serving(always(page())) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        _response(await fetcher_for(server).fetch("http://shop.test/"))
    assert (server.connections, proxy.connections) == (1, 0)


@pytest.mark.parametrize(
    ("coding", "raw"),
    [
        ("gzip", gzip.compress(b"body")),
        ("br", brotli.compress(b"body")),
        ("zstd", zstandard.compress(b"body")),
        ("gzip, br", brotli.compress(gzip.compress(b"body"))),
    ],
    ids=["gzip", "br", "zstd", "br in gzip"],
)
async def test_encoded_bodies_are_decoded_and_counted_as_transferred(coding: str, raw: bytes) -> None:
    async with serving(always(page(raw, f"Content-Encoding: {coding}"))) as server:
        response = _response(await fetcher_for(server).fetch("http://shop.test/"))
    assert (response.body, response.transfer_bytes) == (b"body", len(raw))


async def test_redirects_are_followed_and_written_down() -> None:
    answers = {"/": redirect("/b", "301 Moved"), "/b": redirect("http://www.shop.test/c?d"), "/c?d": page(b"here")}
    async with serving(by_path(answers)) as server:
        response = _response(await fetcher_for(server, "shop.test", "www.shop.test").fetch("http://shop.test/"))
    assert response.redirects == (
        Hop("http://shop.test/", 301, "/b"),
        Hop("http://shop.test/b", 302, "http://www.shop.test/c?d"),
    )
    assert (response.url, response.final_url) == ("http://shop.test/", "http://www.shop.test/c?d")
    assert response.body == b"here"


async def test_ten_redirects_are_followed_and_no_more() -> None:
    answers = {f"/{number}": redirect(f"/{number + 1}") for number in range(12)} | {"/12": page()}
    async with serving(by_path(answers)) as server:
        fetcher = fetcher_for(server)
        assert len(_response(await fetcher.fetch("http://shop.test/2")).redirects) == 10
        failure = _failure(await fetcher.fetch("http://shop.test/1"))
    assert failure == Failure(FailureClass.HTTP, "more than 10 redirects")


@pytest.mark.parametrize("loop", [{"/": "/"}, {"/": "/a", "/a": "/b", "/b": "/a"}, {"/": "/#x"}])
async def test_a_redirect_loop_is_seen(loop: dict[str, str]) -> None:
    async with serving(by_path({path: redirect(to) for path, to in loop.items()})) as server:
        failure = _failure(await fetcher_for(server).fetch("http://shop.test/"))
    assert failure.failure_class is FailureClass.HTTP
    assert "loop" in failure.message


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "file:///etc/passwd", "gopher://x/",
     "http://0x0a000001/", "//192.168.0.1"],
)  # fmt: skip
async def test_each_hop_is_judged_anew(location: str) -> None:
    async with serving(always(redirect(location))) as server:
        fetched = await fetcher_for(server).fetch("http://shop.test/")
    assert _failure(fetched).failure_class is FailureClass.POLICY
    assert fetched.response is None


async def test_a_redirect_without_a_target_is_an_answer_without_a_body() -> None:
    async with serving(always(page(b"body", status="302 Found"))) as server:
        response = _response(await fetcher_for(server).fetch("http://shop.test/"))
    assert (response.status, response.body, response.redirects) == (302, b"", ())


async def test_credentials_go_to_their_own_origin_only_and_are_never_shown() -> None:
    answers = {"/": redirect("/in"), "/in": redirect("http://other.test/out"), "/out": page()}
    async with serving(by_path(answers)) as server:
        fetcher = fetcher_for(server, "shop.test", "other.test")
        response = _response(await fetcher.fetch("http://us%40er:hunter2@shop.test/"))
    sent = [seen.header("authorization") for seen in server.requests]
    assert sent == [f"Basic {base64.b64encode(b'us@er:hunter2').decode()}"] * 2 + [""]
    assert "hunter2" not in repr(response)


@pytest.mark.parametrize(
    "url", ["http://user:hunter2@10.0.0.1/", "http://user:hunter2@absent.invalid/", "http://user:hunter2@shop.test/"]
)
async def test_a_failure_never_tells_the_password(url: str) -> None:
    async with serving(always(b"nonsense\r\n\r\n")) as server, naming({}) as names:
        fetched = await fetcher_for(server, resolvers=(names.where,)).fetch(url)
    assert "hunter2" not in repr(fetched)
    assert fetched.failure is not None


@pytest.mark.parametrize(
    ("status", "headers", "message", "retry_after"),
    [
        ("500 Oops", (), "500 Internal Server Error", None),
        ("503 Busy", ("Retry-After: 120",), "503 Service Unavailable", 120.0),
        ("429 Slow", ("retry-after: Mon, 23 Nov 2026 12:00:30 GMT",), "429 Too Many Requests", 30.0),
        ("599 \x1b[31mred", (), "599", None),
    ],
)
async def test_a_server_that_fails_is_a_response_and_a_failure(
    status: str, headers: tuple[str, ...], message: str, retry_after: float | None
) -> None:
    async with serving(always(page(b"sorry", *headers, status=status.replace("\x1b", "")))) as server:
        settings = fetcher_for(server)._settings
        fetched = await Fetcher(settings, now=lambda: 1795435200.0).fetch("http://shop.test/")
    assert fetched.response is not None
    assert fetched.response.body == b"sorry"
    assert fetched.failure == Failure(FailureClass.HTTP, message, retry_after)


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "401 No", "404 Not Found", "418 Teapot", "451 Law"])
async def test_any_other_status_is_a_fact(status: str) -> None:
    async with serving(always(f"HTTP/1.1 {status}\r\n\r\n".encode())) as server:
        response = _response(await fetcher_for(server).fetch("http://shop.test/"))
    assert response.status == int(status[:3])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("999999999999999999999", 86_400.0),
        ("Thu, 01 Jan 1970 00:16:50 GMT", 10.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("Thu, 99 Foo 99999 99:99:99 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert asked_to_wait([("Server", "x"), ("Retry-After", value)], 1000.0) == seconds


def test_without_retry_after_nobody_asked_to_wait() -> None:
    assert asked_to_wait([("Server", "x")], 0.0) is None


@pytest.mark.parametrize(("held", "busy"), [(4.0, False), (6.0, True)])
async def test_a_fetch_during_which_the_loop_was_late_is_marked(held: float, busy: bool) -> None:
    readings = iter([100.0, 100.0 + held])
    async with serving(always(page())) as server:
        fetcher = Fetcher(fetcher_for(server)._settings, lag=lambda: next(readings))
        assert _response(await fetcher.fetch("http://shop.test/")).busy is busy


async def test_the_next_address_is_tried_when_the_first_is_closed() -> None:
    zone = {("shop.test", "A"): ["127.0.0.2", "127.0.0.1"], ("shop.test", "AAAA"): ["::1"]}
    async with serving(always(page()), host="127.0.0.2") as server, naming(zone) as names:
        fetcher = fetcher_for(server, resolve=(), resolvers=(names.where,))
        response = _response(await fetcher.fetch(f"http://shop.test:{server.port}/", dns_records=False))
    assert response.address == "127.0.0.2"


async def test_addresses_that_may_not_be_looked_at_are_passed_over() -> None:
    zone = {("shop.test", "A"): ["10.0.0.1", "127.0.0.1"]}
    async with serving(always(page())) as server, naming(zone) as names:
        fetcher = fetcher_for(server, resolve=(), resolvers=(names.where,))
        response = _response(await fetcher.fetch(f"http://shop.test:{server.port}/", dns_records=False))
    assert response.address == "127.0.0.1"


async def test_a_closed_port_is_a_connect_failure() -> None:
    async with serving(always(page())) as server:
        fetcher = fetcher_for(server)
    failure = _failure(await fetcher.fetch("http://shop.test/"))
    assert failure == Failure(FailureClass.CONNECT, f"127.0.0.1 port {server.port}: Connection refused")


async def test_all_addresses_closed_is_one_connect_failure() -> None:
    zone = {("shop.test", "A"): ["127.0.0.1", "127.0.0.2", "127.0.0.3"]}
    async with serving(always(page())) as server:
        pass
    async with naming(zone) as names:
        fetcher = fetcher_for(server, resolve=(), resolvers=(names.where,))
        failure = _failure(await fetcher.fetch(f"http://shop.test:{server.port}/"))
    assert failure.failure_class is FailureClass.CONNECT


async def test_an_unknown_host_is_a_dns_failure() -> None:
    async with serving(always(page())) as server, naming({}) as names:
        failure = _failure(await fetcher_for(server, resolvers=(names.where,)).fetch("http://absent.test/"))
    assert failure == Failure(FailureClass.DNS, "absent.test does not exist (NXDOMAIN)")


async def test_a_fetch_that_is_cancelled_leaves_no_connection_behind() -> None:
    async with serving(silence) as server:
        fetcher = fetcher_for(server)
        task = asyncio.create_task(fetcher.fetch("http://shop.test/"))
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_settings_that_cannot_be_used_are_told_at_once() -> None:
    with pytest.raises(SettingsError, match="write networks like"):
        Fetcher(FetchSettings(allow=("10.0.0.0/99",)))
    with pytest.raises(SettingsError, match="no certificates can be read"):
        Fetcher(FetchSettings(ca_file="absent.pem"))


async def _echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(page(seen.head.encode(), "Connection: keep-alive"))


async def test_the_transport_serves_an_httpx_client_with_a_connection_for_each_request() -> None:
    async with serving(_echo) as server:
        transport = GuardedTransport(
            Resolver([("hook.test", "127.0.0.1", server.port)]), verifying_context(), allow_private=True
        )
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            first = await client.post("http://hook.test/a", content=b"body", headers={"X-Key": "1"})
            second = await client.post("http://hook.test/b")
    assert (first.status_code, second.status_code, server.connections) == (200, 200, 2)
    assert first.text.startswith("POST /a HTTP/1.1\r\n")


async def test_the_transport_tells_an_httpx_client_why_it_refuses() -> None:
    async with serving(_echo) as server:
        transport = GuardedTransport(Resolver(), verifying_context())
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            with pytest.raises(httpx.HTTPError, match="loopback") as caught:
                await client.get(f"http://127.0.0.1:{server.port}/")
    assert isinstance(caught.value, TargetFault)
    assert server.connections == 0


async def test_the_transport_obeys_an_httpx_clients_read_timeout() -> None:
    async with serving(silence) as server:
        transport = GuardedTransport(Resolver(), verifying_context(), allow_private=True)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=0.2) as client:
            with pytest.raises(TargetFault) as caught:
                await client.get(f"http://127.0.0.1:{server.port}/")
    assert caught.value.failure_class is FailureClass.TIMEOUT
