"""Servers on loopback that behave as badly as a test asks: raw HTTP, TLS with any certificate, and DNS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.scan.fetch import Fetcher
from core.settings.values import FetchSettings

Answer = Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]
Zone = Mapping[tuple[str, str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as a server saw it; `head` is everything before the empty line."""

    head: str

    @property
    def path(self) -> str:
        return self.head.split(" ")[1]

    def header(self, name: str) -> str:
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return next((value.strip() for key, _, value in lines if key.lower() == name), "")


@dataclass(slots=True)
class Server:
    """Where a server listens and what it has seen so far."""

    port: int = 0
    connections: int = 0
    requests: list[Seen] = field(default_factory=list)


def page(body: bytes = b"<title>Hello</title>", *headers: str, status: str = "200 OK") -> bytes:
    """A whole response with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return page(b"", f"Location: {location}", status=status)


def always(response: bytes) -> Answer:
    """Give the same bytes to everyone."""

    async def answer(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(response)

    return answer


def by_path(responses: Mapping[str, bytes]) -> Answer:
    """Give each path its bytes, and 404 to the rest."""

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(responses.get(seen.path, page(b"", status="404 Not Found")))

    return answer


def endless(head: bytes, chunk: bytes) -> Answer:
    """Send `chunk` after `head` for as long as anyone listens."""

    async def answer(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)

    return answer


def drip(head: bytes, chunk: bytes, seconds: float = 0.05) -> Answer:
    """Send a little now and then, so that no single read ever times out."""

    async def answer(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(seconds)

    return answer


async def silence(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    await asyncio.sleep(3600)


@contextlib.asynccontextmanager
async def serving(
    answer: Answer, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Server]:
    """A server that reads one request a connection, answers it, and closes."""
    server = Server()
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.requests.append(Seen(head.decode("latin-1")))
            await answer(server.requests[-1], writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    listener = await asyncio.start_server(connected, host, port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await listener.wait_closed()


class _Nameserver(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone | Callable[[str, str], Sequence[str] | None], asked: list[tuple[str, str]]) -> None:
        self._zone = zone
        self._asked = asked
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self._asked.append((name, kind))
        found = self._zone(name, kind) if callable(self._zone) else self._look(name, kind)
        if found == ["silence"]:
            return
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if found == ["servfail"]:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif found:
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *found))
        assert self._transport is not None
        self._transport.sendto(reply.to_wire(), addr)

    def _look(self, name: str, kind: str) -> Sequence[str] | None:
        assert not callable(self._zone)
        if not any(known == name for known, _ in self._zone):
            return None
        return self._zone.get((name, kind), [])


@dataclass(slots=True)
class Nameserver:
    """`where` goes into `[fetch] resolvers`; `asked` lists (name, type)."""

    where: str
    asked: list[tuple[str, str]]


@contextlib.asynccontextmanager
async def naming(zone: Zone | Callable[[str, str], Sequence[str] | None]) -> AsyncIterator[Nameserver]:
    """A DNS server for a zone: {(name, type): records}; unknown names do not exist.

    The records `["silence"]` and `["servfail"]` stand for those answers.
    """
    asked: list[tuple[str, str]] = []
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Nameserver(zone, asked), local_addr=("127.0.0.1", 0)
    )
    try:
        yield Nameserver(f"127.0.0.1:{transport.get_extra_info('sockname')[1]}", asked)
    finally:
        transport.close()
        await asyncio.sleep(0)


@dataclass(slots=True)
class Authority:
    """A certificate authority of our own, and its certificate in a file for `[fetch] ca_file`."""

    ca: trustme.CA
    file: Path

    def server(self, *names: str, days: float = 30.0) -> ssl.SSLContext:
        """A server's context with a certificate for these names; negative `days` make it expired."""
        return context(self.ca.issue_cert(*names, not_after=datetime.now(UTC) + timedelta(days=days)))


def authority(folder: Path, name: str = "own-ca.pem") -> Authority:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / name)
    return Authority(ca, folder / name)


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


def self_signed(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context with a certificate that nobody but itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "self-signed.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem)
    return made


def settings_for(server: Server, *hosts: str, ca: Authority | None = None, **more: object) -> FetchSettings:
    """Settings under which each host (default `shop.test`) is that server, with a timeout fit for tests."""
    values: dict[str, object] = {
        "timeout": 10.0,
        "resolve": tuple((host, "127.0.0.1", server.port) for host in hosts or ("shop.test",)),
        "ca_file": str(ca.file) if ca else "",
        "allow": ("127.0.0.0/8",),
    }
    return FetchSettings(**{**values, **more})  # type: ignore[arg-type]


def fetcher_for(server: Server, *hosts: str, ca: Authority | None = None, **more: object) -> Fetcher:
    return Fetcher(settings_for(server, *hosts, ca=ca, **more))
