"""What a fetch brings home: one response with its way there, its timings and its TLS session, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect that was followed: the status answered by `url`, and where it pointed."""

    url: str
    status: int
    location: str


@dataclass(frozen=True, slots=True)
class TlsSession:
    """The session of the last hop. `chain` holds DER certificates, leaf first, as the server sent them."""

    protocol: str
    cipher: str
    alpn: str
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Response:
    """The last response after redirects. `body` is decoded and capped; `truncated` says that the cap was reached.

    `timings` holds the metrics of product.md in milliseconds for the last hop (`total_ms` for all hops);
    a phase that did not happen (no TLS, no lookup) is absent, never zero.
    `records` are the DNS records of the host by type, each sorted; absent types were not looked up or failed.
    `address` is the address connected to, "" for a saved response.
    """

    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    http_version: str = ""
    truncated: bool = False
    redirects: tuple[Hop, ...] = ()
    address: str = ""
    tls: TlsSession | None = None
    timings: dict[str, float] = field(default_factory=dict)
    transfer_bytes: int = 0
    records: dict[str, tuple[str, ...]] = field(default_factory=dict)
    https_redirect: bool | None = None
    busy: bool = False

    def header(self, name: str) -> str:
        """The values of a header joined with ", ", or "" where it is absent; `name` in lower case."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Each value of a repeated header, in order; `name` in lower case."""
        return tuple(value for key, value in self.headers if key.lower() == name)
