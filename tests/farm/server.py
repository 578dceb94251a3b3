"""A farm of websites on one TLS port, steered while it runs: `python -m tests.farm.server --folder DIR`.

Each host name gets a certificate of its own from a throw-away authority (written to DIR/ca.pem) when it is first asked
for. What a host serves is set by `PUT /` on the control port with JSON: {"host", "body", "headers", "status", "delay",
"location", "robots", "noise", "not_after", "names", "max_tls", "renew", "down"}; absent keys stay as they are. `noise`
names kinds of tests.bench.noise_generator that are put into the page anew for every request. `GET /hits` counts
requests by host and `GET /paths` by host and path.

The host name is read from the client's first bytes before TLS starts, because a context that is exchanged by Python's
server name callback brings its certificate along but not its protocol versions.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import json
import random
import socket
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bench.noise_generator import KINDS, Page

UTC = datetime.UTC


@dataclass
class Site:
    """What one host answers with."""

    body: bytes = b"<!doctype html><html lang=en><title>A site</title><p>Nothing to see yet.</p></html>"
    headers: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    delay: float = 0.0
    location: str = ""
    robots: str = "User-agent: *\nAllow: /\n"
    noise: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    not_after: float = 0.0
    max_tls: str = ""
    renew: int = 0
    down: bool = False
    hits: int = 0
    paths: dict[str, int] = field(default_factory=dict)

    def page(self, chance: random.Random) -> tuple[bytes, list[tuple[str, str]]]:
        """The body and headers of one answer, with the noise of one rendering."""
        if not self.noise:
            return self.body, self.headers
        page = Page(self.body.decode(), list(self.headers))
        for kind in self.noise:
            KINDS[kind](page, chance)
        return page.html.encode(), page.headers


class Authority:
    """A throw-away certificate authority that signs by host."""

    def __init__(self, folder: Path, name: str = "Farm CA") -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self.name, self.key.public_key(), (), 0.0, authority=True)
        (folder / "ca.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, names: tuple[str, ...], not_after: float = 0.0) -> tuple[bytes, bytes]:
        """A certificate for these names and its key, as PEM; it ends after 90 days or at `not_after`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        certificate = self._signed(subject, key.public_key(), names, not_after)
        plain = serialization.NoEncryption()
        return (
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
        )

    def context(self, host: str, names: tuple[str, ...], not_after: float, max_tls: str) -> ssl.SSLContext:
        certificate, key = self.issue(names or (host,), not_after)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if max_tls:
            context.maximum_version = ssl.TLSVersion[max_tls]
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".pem") as chain:
            chain.write(certificate + key)
            chain.flush()
            context.load_cert_chain(chain.name)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        names: tuple[str, ...],
        not_after: float,
        *,
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(UTC)
        until = datetime.datetime.fromtimestamp(not_after, UTC) if not_after else now + datetime.timedelta(days=90)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, until) - datetime.timedelta(days=1))
            .not_valid_after(until if not authority else now + datetime.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())


class Farm:
    """All sites, and the two authorities that sign for them."""

    def __init__(self, folder: Path) -> None:
        self.sites: dict[str, Site] = {}
        self.authority = Authority(folder)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._chance = random.Random()
        self._connections: set[asyncio.Task[None]] = set()

    def site(self, host: str) -> Site:
        return self.sites.setdefault(host, Site())

    def configure(self, host: str, wanted: dict[str, object]) -> None:
        """Set what is wanted; a host gets a new certificate when something about it became different."""
        site = self.site(host)
        shown = _shown(site)
        for name, value in wanted.items():
            if name == "body":
                value = str(value).encode()
            elif name == "headers":
                value = [(str(key), str(text)) for key, text in value]  # type: ignore[attr-defined]
            elif name in ("names", "noise"):
                value = tuple(value)  # type: ignore[arg-type]
            setattr(site, name, value)
        if _shown(site) != shown:
            self._contexts.pop(host, None)

    def context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            site = self.site(host)
            self._contexts[host] = self.authority.context(host, site.names, site.not_after, site.max_tls)
        return self._contexts[host]

    async def listen(self, listener: socket.socket) -> None:
        """Accept for ever."""
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            task = asyncio.create_task(self._begin(connection))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _begin(self, connection: socket.socket) -> None:
        """Answer over TLS with what belongs to the name that the client asks for."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = await _server_name(connection) or "nobody.test"
        reader = asyncio.StreamReader()
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader, self.answer), connection, ssl=self.context(host)
            )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            host = next((line[5:].strip() for line in head if line.lower().startswith("host:")), "").split(":")[0]
            site = self.site(host)
            site.hits += 1
            path = head[0].split(" ")[1]
            site.paths[path] = site.paths.get(path, 0) + 1
            if not site.down:
                await self._respond(site, path, writer)
        writer.close()

    async def _respond(self, site: Site, path: str, writer: asyncio.StreamWriter) -> None:
        if site.delay:
            await asyncio.sleep(site.delay)
        body, headers = (site.robots.encode(), []) if path == "/robots.txt" else site.page(self._chance)
        status = 302 if site.location and path == "/" else site.status
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", "Connection: close"]
        if site.location and path == "/":
            lines.append(f"Location: {site.location}")
        if not any(name.lower() == "content-type" for name, _ in headers):
            lines.append("Content-Type: text/html; charset=utf-8")
        lines += [f"{name}: {value}" for name, value in headers]
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        await writer.drain()

    async def steer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next(
                (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0
            )
            answer: object = {"ok": True}
            if head.startswith("GET /paths"):
                answer = {host: site.paths for host, site in self.sites.items()}
            elif head.startswith("GET"):
                answer = {host: site.hits for host, site in self.sites.items()}
            else:
                wanted = json.loads(await reader.readexactly(length))
                for each in wanted if isinstance(wanted, list) else [wanted]:
                    self.configure(each.pop("host"), each)
            body = json.dumps(answer).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()


def _shown(site: Site) -> tuple[object, ...]:
    """What the certificate and the protocol of a site depend on."""
    return site.names, site.not_after, site.max_tls, site.renew


async def _server_name(connection: socket.socket) -> str:
    """The host name in the ClientHello (RFC 6066 section 3), which stays unread; "" where there is none in time."""
    for _ in range(50):
        await asyncio.sleep(0)
        with contextlib.suppress(BlockingIOError, ConnectionError):
            hello = connection.recv(4096, socket.MSG_PEEK)
            if len(hello) > 5 and len(hello) >= 5 + int.from_bytes(hello[3:5]):
                return _name_in(hello)
        await asyncio.sleep(0.002)
    return ""


def _name_in(hello: bytes) -> str:
    """After record and handshake headers, version and random come three sized lists, then the extensions."""
    place = 5 + 4 + 2 + 32
    for size in (1, 2, 1):
        place += size + int.from_bytes(hello[place : place + size])
    place += 2
    while place + 4 <= len(hello):
        kind, size = int.from_bytes(hello[place : place + 2]), int.from_bytes(hello[place + 2 : place + 4])
        if kind == 0:
            return hello[place + 9 : place + 4 + size].decode("ascii")
        place += 4 + size
    return ""


def _listeners(addresses: list[str], port: int) -> list[socket.socket]:
    """Listening sockets on one port of several addresses."""
    made: list[socket.socket] = []
    for address in addresses:
        listener = socket.create_server((address, made[0].getsockname()[1] if made else port), backlog=4096)
        listener.setblocking(False)
        made.append(listener)
    return made


async def serve(port: int, control: int, folder: Path, addresses: list[str]) -> None:
    """Serve until killed; prints one line of JSON with the real ports when it does."""
    farm = Farm(folder)
    listeners = _listeners(addresses, port)
    steering = await asyncio.start_server(farm.steer, "127.0.0.1", control, limit=2**26)
    ports = [each.getsockname()[1] for each in (listeners[0], steering.sockets[0])]
    print(json.dumps({"port": ports[0], "control": ports[1], "ca": str(folder / "ca.pem")}), flush=True)
    async with steering:
        await asyncio.gather(*(farm.listen(each) for each in listeners))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--address", action="append", help="Loopback address to listen on; may stand several times.")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.port, given.control, given.folder, given.address or ["127.0.0.1"]))


if __name__ == "__main__":
    main()
