"""What a fetch brings home: one response with its way there, its timings and its TLS session, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 86_400.0


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
        return ", ".join([value for key, value in self.headers if key.lower() == name])

    def header_values(self, name: str) -> tuple[str, ...]:
        """Each value of a repeated header, in order; `name` in lower case."""
        return tuple([value for key, value in self.headers if key.lower() == name])


def asked_to_wait(headers: Iterable[tuple[str, str]], now: float) -> float | None:
    """The seconds that Retry-After asks us to wait (RFC 9110 section 10.2.3), at most a day; None where it does not."""
    value = next((value.strip() for name, value in headers if name.lower() == "retry-after"), "")
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(until - now, 0.0), LONGEST_WAIT)
