"""The one way out to a web server: resolve once, judge every address, connect to a judged one, speak HTTP/1.1, close.

Connections are never shared. A pool keyed by address would hand one host the verified connection of another, and a
name that is looked up again after it was judged may lead elsewhere. Phases are timed at the socket: httpcore's trace
sees the end of the response headers, not their first byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import certifi
import httpcore
import httpx

from core import clock
from core.errors import SettingsError
from core.model.scan import FailureClass
from core.scan.fault import TargetFault, refused
from core.scan.guard import Network, refusal
from core.scan.resolve import Resolver
from core.scan.response import TlsSession
from core.text import safe

T = TypeVar("T")

MAX_HEADERS = 256
MAX_HEAD_BYTES = 128 * 1024
MAX_STATUS_LINES = 32
MAX_ADDRESSES = 6
READ_BYTES = 16 * 1024
STAGGER = 0.25
CAPTURE_TIMEOUT = 5.0
_DER = 2  # _ssl.ENCODING_DER

# OpenSSL's X509_V_ERR codes (x509_vfy.h) in the words of whoever has to mend the certificate.
_VERIFICATION = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate chain ends in a self-signed certificate that is not trusted",
    20: "the certificate's issuer is unknown (missing intermediate, or a private CA: see [fetch] ca_file)",
    21: "the certificate's issuer is unknown (missing intermediate, or a private CA: see [fetch] ca_file)",
    23: "the certificate is revoked",
    62: "the certificate is for another host name",
    64: "the certificate is for another address",
}
_HANDSHAKE = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port",
    "HTTP_REQUEST": "the server speaks plain HTTP on this port",
    "UNSUPPORTED_PROTOCOL": "the server speaks only outdated protocol versions",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server speaks none of our protocol versions",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server accepts none of our ciphers, or wants something else of us",
    "TLSV1_UNRECOGNIZED_NAME": "the server does not know this host name",
    "DH_KEY_TOO_SMALL": "the server's key exchange is too weak",
    "EE_KEY_TOO_SMALL": "the certificate's key is too weak",
    "CA_MD_TOO_WEAK": "the certificate's signature is too weak",
}


@dataclass(slots=True)
class Passage:
    """What was seen on the way through one request, filled in as it happens. Timings are milliseconds."""

    stage: str = "before the first step"
    address: str = ""
    tls: TlsSession | None = None
    timings: dict[str, float] = field(default_factory=dict)
    first_byte_at: float = 0.0


def verifying_context(ca_file: str = "") -> ssl.SSLContext:
    """The context for every connection: the system's authorities (or SSL_CERT_FILE's), and `ca_file` besides.

    Where a system has no authorities at all, those of certifi. Making one costs 20 ms: make one a process.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not (paths.capath and os.listdir(paths.capath)):
        context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"[fetch] ca_file {ca_file}: no certificates can be read from it ({error})") from error
    context.set_alpn_protocols(["http/1.1"])
    return context


class GuardedTransport(httpx.AsyncBaseTransport):
    """An httpx transport that connects only to addresses that may be looked at, once for each request.

    Every failure is a TargetFault. Request extensions: `allow_private` (bool) overrides the transport's own;
    `passage` (a Passage) is filled in. httpx's timeouts are obeyed; whoever needs a total sets it around the call.
    """

    def __init__(
        self,
        resolver: Resolver,
        context: ssl.SSLContext,
        *,
        allow: Sequence[Network] = (),
        allow_private: bool = False,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._resolver = resolver
        self._context = context
        self._allow = tuple(allow)
        self._allow_private = allow_private
        self._monotonic = monotonic

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request on a connection of its own; the response's stream closes it."""
        passage: Passage = request.extensions.get("passage") or Passage()
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        try:
            async with asyncio.timeout(timeouts.get("connect")):
                stream = await self._open(request, passage)
        except TimeoutError:
            raise _timed_out(passage) from None
        try:
            return await self._exchange(request, stream, passage)
        except BaseException:
            stream.close()
            raise

    async def _open(self, request: httpx.Request, passage: Passage) -> _SocketStream:
        host = request.url.raw_host.decode("ascii")
        secure = request.url.scheme == "https"
        addresses, port = await self._judged(host, request.url.port or (443 if secure else 80), request, passage)
        passage.stage = "connecting"
        started = self._monotonic()
        connection, passage.address = await _connect_first(addresses, port)
        connected = self._monotonic()
        passage.timings["connect_ms"] = (connected - started) * 1000
        if secure:
            passage.stage = "in the TLS handshake"
            connection = await self._secured(connection, host.removesuffix("."), passage, port)
            passage.timings["tls_ms"] = (self._monotonic() - connected) * 1000
        return _SocketStream(connection, passage, self._monotonic)

    async def _judged(
        self, host: str, port: int, request: httpx.Request, passage: Passage
    ) -> tuple[tuple[str, ...], int]:
        passage.stage = "looking up the host"
        started = self._monotonic()
        found = await self._resolver.resolve(host, port)
        if found.asked:
            passage.timings["dns_ms"] = (self._monotonic() - started) * 1000
        allow_private = bool(request.extensions.get("allow_private", self._allow_private))
        reasons = [(address, refusal(address, self._allow, allow_private)) for address in found.addresses]
        permitted = tuple(address for address, reason in reasons if reason is None)
        if not permitted:
            raise refused(safe(f"{host}: {reasons[0][1]}"))
        return permitted[:MAX_ADDRESSES], found.port

    async def _secured(self, plain: socket.socket, host: str, passage: Passage, port: int) -> ssl.SSLSocket:
        try:
            secured = await _handshake(plain, self._context, host)
        except ssl.SSLCertVerificationError as error:
            chain = await _captured_chain(passage.address, port, host)
            raise TargetFault(FailureClass.TLS, _why_unverified(error, host), chain=chain) from error
        except ssl.SSLError as error:
            reason = error.reason or type(error).__name__
            what = _HANDSHAKE.get(reason, f"the handshake failed ({reason.replace('_', ' ').lower()})")
            raise TargetFault(FailureClass.TLS, safe(f"{host}: {what}")) from error
        except (OSError, ValueError) as error:
            raise TargetFault(FailureClass.TLS, safe(f"{host}: the handshake failed ({_plainly(error)})")) from error
        passage.tls = _session(secured)
        return secured

    async def _exchange(self, request: httpx.Request, stream: _SocketStream, passage: Passage) -> httpx.Response:
        connection = httpcore.AsyncHTTP11Connection(_origin(request.url), stream)
        with _translated(passage, FailureClass.HTTP):
            answer = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=cast("AsyncIterator[bytes]", request.stream),
                    extensions=request.extensions,
                )
            )
        if len(answer.headers) > MAX_HEADERS:
            raise TargetFault(FailureClass.HTTP, f"the response has more than {MAX_HEADERS} headers")
        if answer.status < 200:
            raise TargetFault(FailureClass.HTTP, f"the server switched protocols unasked (status {answer.status})")
        stream.head_is_complete()
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, stream, passage),
            extensions={"http_version": answer.extensions["http_version"], "passage": passage},
        )


class _Body(httpx.AsyncByteStream):
    """The raw body of a response; closing it closes the connection, read or not."""

    def __init__(self, answer: httpcore.Response, stream: _SocketStream, passage: Passage) -> None:
        self._answer = answer
        self._stream = stream
        self._passage = passage

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._passage.stage = "reading the body"
        with _translated(self._passage, FailureClass.BODY):
            async for chunk in cast("AsyncIterator[bytes]", self._answer.stream):
                yield chunk

    async def aclose(self) -> None:
        self._stream.close()


class _SocketStream(httpcore.AsyncNetworkStream):
    """A connected non-blocking socket, plain or TLS, as httpcore reads and writes it."""

    def __init__(self, connection: socket.socket, passage: Passage, monotonic: Callable[[], float]) -> None:
        self._socket = connection
        self._passage = passage
        self._monotonic = monotonic
        self._sent_at = 0.0
        self._reads = 0
        self._in_head = True
        self._head_bytes = 0
        self._status_lines = 0

    def head_is_complete(self) -> None:
        """From here on it is the body's length that counts, which its reader limits."""
        self._in_head = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        self._reads += 1
        if self._reads % 8 == 0:
            # A socket that always has more would otherwise keep the loop, and with it every deadline, from running.
            await asyncio.sleep(0)
        try:
            received = await _within(timeout, self._receive(min(max_bytes, READ_BYTES)))
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except OSError as error:
            raise httpcore.ReadError(_plainly(error)) from error
        if self._in_head:
            self._count_head(received)
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if not buffer:
            return
        self._passage.stage = "sending the request"
        try:
            await _within(timeout, self._send(buffer))
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError as error:
            raise httpcore.WriteError(_plainly(error)) from error
        self._sent_at = self._monotonic()
        self._passage.stage = "waiting for the first byte"

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye in TLS, without waiting for an answer, and close. Twice is fine."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.fileno() >= 0:
            with contextlib.suppress(OSError, ValueError):
                self._socket.unwrap()
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        return self._socket if info == "socket" else None

    async def _receive(self, max_bytes: int) -> bytes:
        while True:
            try:
                return self._socket.recv(max_bytes)
            except (BlockingIOError, ssl.SSLWantReadError):
                await _ready(self._socket)
            except ssl.SSLWantWriteError:
                await _ready(self._socket, to_write=True)

    async def _send(self, buffer: bytes) -> None:
        remaining = memoryview(buffer)
        while remaining:
            try:
                remaining = remaining[self._socket.send(remaining) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                await _ready(self._socket, to_write=True)
            except ssl.SSLWantReadError:
                await _ready(self._socket)

    def _count_head(self, received: bytes) -> None:
        if not self._passage.first_byte_at and received:
            self._passage.first_byte_at = self._monotonic()
            self._passage.timings["ttfb_ms"] = (self._passage.first_byte_at - self._sent_at) * 1000
            self._passage.stage = "reading the response headers"
        self._head_bytes += len(received)
        # The last read may hold the body too, so what counts is what came before it.
        if self._head_bytes - len(received) > MAX_HEAD_BYTES:
            raise TargetFault(FailureClass.HTTP, f"the response headers exceed {MAX_HEAD_BYTES} bytes")
        self._status_lines += received.count(b"HTTP/1.1 1")
        if self._status_lines > MAX_STATUS_LINES:
            raise TargetFault(FailureClass.HTTP, f"more than {MAX_STATUS_LINES} interim responses")


async def _within(seconds: float | None, work: Awaitable[T]) -> T:
    if seconds is None:
        return await work
    async with asyncio.timeout(seconds):
        return await work


async def _ready(connection: socket.socket, *, to_write: bool = False) -> None:
    """Wait until the socket can be read from (or written to)."""
    loop = asyncio.get_running_loop()
    woken = loop.create_future()
    number = connection.fileno()
    watch, unwatch = (loop.add_writer, loop.remove_writer) if to_write else (loop.add_reader, loop.remove_reader)
    watch(number, _wake, woken)
    try:
        await woken
    finally:
        unwatch(number)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


async def _connect_first(addresses: Sequence[str], port: int) -> tuple[socket.socket, str]:
    """The first of the addresses that lets us in; the next is tried after a failure or a quarter of a second.

    RFC 8305 without its sorting, which the resolver has done.
    """
    if len(addresses) == 1:
        return await _connect(addresses[0], port)
    waiting = list(addresses)
    attempts: set[asyncio.Task[tuple[socket.socket, str]]] = set()
    last: BaseException | None = None
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_connect(waiting.pop(0), port)))
            done, _ = await asyncio.wait(
                attempts, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.discard(attempt)
                last = attempt.exception()
                if last is None:
                    attempts |= done - {attempt}
                    return attempt.result()
        assert last is not None
        raise last
    finally:
        for attempt in attempts:
            _abandon(attempt)


def _abandon(attempt: asyncio.Task[tuple[socket.socket, str]]) -> None:
    if not attempt.done():
        attempt.cancel()
    elif not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[0].close()


async def _connect(address: str, port: int) -> tuple[socket.socket, str]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise TargetFault(FailureClass.CONNECT, f"{address}: {_plainly(error)}") from error
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await _connected(connection, (address, port))
    except OSError as error:
        connection.close()
        raise TargetFault(FailureClass.CONNECT, f"{address} port {port}: {_plainly(error)}") from error
    except BaseException:
        connection.close()
        raise
    return connection, address


async def _connected(connection: socket.socket, where: tuple[str, int]) -> None:
    try:
        connection.connect(where)
        return
    except BlockingIOError:
        await _ready(connection, to_write=True)
    number = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, os.strerror(number))


async def _handshake(plain: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """TLS over a connected socket, which is closed where it fails. Raises what ssl and the socket raise."""
    secured: ssl.SSLSocket | None = None
    try:
        secured = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        while True:
            try:
                secured.do_handshake()
                return secured
            except ssl.SSLWantReadError:
                await _ready(secured)
            except ssl.SSLWantWriteError:
                await _ready(secured, to_write=True)
    except BaseException:
        (secured or plain).close()
        raise


async def _captured_chain(address: str, port: int, host: str) -> tuple[bytes, ...]:
    """The certificates of a server that could not be verified, by a handshake of their own in which nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(CAPTURE_TIMEOUT):
            plain, _ = await _connect(address, port)
            secured = await _handshake(plain, context, host)
    except (OSError, ValueError, TargetFault):
        return ()
    with contextlib.closing(secured):
        return _chain(secured)


def _session(secured: ssl.SSLSocket) -> TlsSession:
    cipher = secured.cipher()
    return TlsSession(
        protocol=secured.version() or "",
        cipher=cipher[0] if cipher else "",
        alpn=secured.selected_alpn_protocol() or "",
        chain=_chain(secured),
    )


def _chain(secured: ssl.SSLSocket) -> tuple[bytes, ...]:
    """DER, leaf first, as the server sent it: public since Python 3.13, before that one attribute deeper."""
    ask = getattr(secured, "get_unverified_chain", None)
    if ask is not None:
        return tuple(ask())
    ask = getattr(getattr(secured, "_sslobj", None), "get_unverified_chain", None)
    certificates = ask() if ask is not None else None
    if certificates:
        return tuple(each.public_bytes(_DER) for each in certificates)
    leaf = secured.getpeercert(binary_form=True)
    return (leaf,) if leaf else ()


def _origin(url: httpx.URL) -> httpcore.Origin:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/").origin


@contextlib.contextmanager
def _translated(passage: Passage, failure_class: FailureClass) -> Iterator[None]:
    """httpcore's errors as the fault they are at this step."""
    try:
        yield
    except httpcore.TimeoutException:
        raise _timed_out(passage) from None
    except httpcore.LocalProtocolError as error:
        raise TargetFault(FailureClass.POLICY, safe(f"the request cannot be sent: {error}")) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise TargetFault(failure_class, safe(f"{error} ({passage.stage})")) from error


def _timed_out(passage: Passage) -> TargetFault:
    return TargetFault(FailureClass.TIMEOUT, f"no answer in time while {passage.stage}")


def _why_unverified(error: ssl.SSLCertVerificationError, host: str) -> str:
    what = _VERIFICATION.get(error.verify_code, f"the certificate cannot be verified ({error.verify_message})")
    return safe(f"{host}: {what}")


def _plainly(error: BaseException) -> str:
    """The system's words for an error, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
