"""The kinds of values that settings have: each reader takes a raw value and says what is allowed where it is not."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import re2
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from core.model.change import Severity, severity
from core.model.secret import SecretRef
from core.settings.walk import Node, shown
from core.settings.writing import duration_text
from core.text import nearest, parse_duration

LONGEST_NAME = 100
PER_SECOND = {"s": 1, "m": 60, "h": 3600}

_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHORT_ID = re.compile(r"[A-Z]-\d+")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*([smh])")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2: token


def text(raw: object) -> str:
    """One line of printable text."""
    if not isinstance(raw, str):
        raise ValueError(f"expected a text, not {shown(raw)}")
    if not raw.isprintable():
        raise ValueError("expected one line without control characters")
    return raw


def some_text(raw: object) -> str:
    if not text(raw).strip():
        raise ValueError("expected a text that is not empty")
    return text(raw)


def long_text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"expected a text, not {shown(raw)}")
    return raw


def name(raw: object) -> str:
    """What a person calls a target, channel or rule; never mistaken for an id such as T-12."""
    given = some_text(raw)
    if given != given.strip() or len(given) > LONGEST_NAME:
        raise ValueError(f"expected a name of at most {LONGEST_NAME} characters without blanks around it")
    if _SHORT_ID.fullmatch(given):
        raise ValueError(f"{shown(given)} looks like an id; choose another name")
    return given


def tag(raw: object) -> str:
    given = name(raw)
    if "," in given:
        raise ValueError(f"expected a tag without commas, not {shown(given)}")
    return given


def flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError(f"expected true or false, not {shown(raw)}")
    return raw


def whole(low: int, high: int) -> Callable[[object], int]:
    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            raise ValueError(f"expected a whole number from {low} to {high}, not {shown(raw)}")
        return raw

    return read


def duration(low: float = 0.0, high: float = 100 * 365 * 86400.0) -> Callable[[object], float]:
    """Seconds from "20s", "15m", "90d"; `low` and `high` in seconds."""

    def read(raw: object) -> float:
        example = "a duration such as '20s', '15m', '6h' or '90d'"
        if not isinstance(raw, str):
            raise ValueError(f"expected {example}, not {shown(raw)}")
        try:
            seconds = parse_duration(raw)
        except ValueError:
            raise ValueError(f"expected {example}, not {shown(raw)}") from None
        if not low <= seconds <= high:
            raise ValueError(
                f"expected a duration from {duration_text(low)} to {duration_text(high)}, not {shown(raw)}"
            )
        return seconds

    return read


def rate(raw: object) -> float:
    """Times a second from "2/s", "30/m", "100/h"."""
    found = _RATE.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None or float(found[1]) <= 0:
        raise ValueError(f"expected a rate such as '2/s' or '30/m', not {shown(raw)}")
    return float(found[1]) / PER_SECOND[found[2]]


def percent(raw: object) -> float:
    """A ratio from "20%"; exact, so that it can be written back."""
    try:
        if not isinstance(raw, str) or not raw.endswith("%"):
            raise InvalidOperation
        ratio = Decimal(raw[:-1].strip()) / 100
    except InvalidOperation:
        raise ValueError(f"expected a percentage such as '20%', not {shown(raw)}") from None
    if not (ratio.is_finite() and 0 < ratio <= 100):
        raise ValueError(f"expected a percentage above 0% and up to 10000%, not {shown(raw)}")
    return float(ratio)


def choice(words: Iterable[str]) -> Callable[[object], str]:
    allowed = tuple(words)

    def read(raw: object) -> str:
        if isinstance(raw, str) and raw in allowed:
            return raw
        meant = nearest(raw, allowed) if isinstance(raw, str) else None
        hint = f"; did you mean '{meant}'?" if meant else ""
        raise ValueError(f"expected one of {', '.join(allowed)}, not {shown(raw)}{hint}")

    return read


def severity_word(raw: object) -> Severity:
    if not isinstance(raw, str):
        raise ValueError(f"expected info, low, medium, high or critical, not {shown(raw)}")
    return severity(raw)


def timezone(raw: object) -> str:
    """An IANA time zone."""
    given = some_text(raw)
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"expected an IANA time zone such as 'Europe/Berlin', not {shown(raw)}") from None
    return given


def http_url(raw: object) -> str:
    """An absolute http or https URL without credentials."""
    given = some_text(raw)
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"expected a URL such as 'https://shop.example/': {error}") from None
    if parts.scheme not in ("http", "https") or not host or " " in given:
        raise ValueError(f"expected a URL such as 'https://shop.example/', not {shown(raw)}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL here must not carry a user name or password")
    return given


def reference_point(raw: object) -> str:
    """`https://…` or `tcp://host:port`."""
    given = some_text(raw)
    if not given.startswith("tcp://"):
        return http_url(given)
    try:
        parts = urlsplit(given)
        complete = parts.hostname and parts.port and not parts.path and parts.username is None
    except ValueError:
        complete = False
    if not complete:
        raise ValueError(f"expected 'tcp://host:port', not {shown(raw)}")
    return given


def network(raw: object) -> str:
    """A CIDR network, or one address."""
    try:
        return str(ipaddress.ip_network(some_text(raw), strict=False))
    except ValueError:
        raise ValueError(f"expected a network such as '10.20.0.0/16', not {shown(raw)}") from None


def address(raw: object) -> str:
    try:
        return str(ipaddress.ip_address(some_text(raw)))
    except ValueError:
        raise ValueError(f"expected an IP address, not {shown(raw)}") from None


def address_and_port(raw: object) -> tuple[str, int]:
    """`127.0.0.1:8443`, `[::1]:8443`, or an address alone: port 0."""
    given = some_text(raw)
    host, _, port = given.rpartition(":")
    try:
        if given.startswith("[") and given.endswith("]"):
            return address(given[1:-1]), 0
        if not host or (":" in host and not given.startswith("[")):
            return address(given), 0
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(port)
        return address(host.removeprefix("[").removesuffix("]")), int(port)
    except ValueError:
        raise ValueError(f"expected 'address:port' or an address, not {shown(raw)}") from None


def name_server(raw: object) -> str:
    """An address with or without a port, as it was written."""
    address_and_port(raw)
    return some_text(raw)


def host_name(raw: object) -> str:
    given = some_text(raw).lower().rstrip(".")
    if not given or re.search(r"[\s/:@?#]", given):
        raise ValueError(f"expected a host name, not {shown(raw)}")
    return given


def mailbox(raw: object) -> str:
    """An address as in `ops@example.com`."""
    local, at, domain = some_text(raw).rpartition("@")
    if not (local and at and domain) or re.search(r"[\s<>,;\"]", some_text(raw)):
        raise ValueError(f"expected a mail address such as 'ops@example.com', not {shown(raw)}")
    return some_text(raw)


def header_name(raw: object) -> str:
    given = text(raw)
    if not _HEADER_NAME.fullmatch(given):
        raise ValueError(f"{shown(raw)} is not a header's name")
    return given


def selector(raw: object) -> str:
    """A CSS selector, or nothing."""
    given = text(raw)
    if given.strip():
        try:
            LexborHTMLParser("").css(given)
        except SelectolaxError:
            raise ValueError(f"{shown(raw)} is not a CSS selector") from None
    return given.strip()


def selector_or_regex(raw: object) -> str:
    """CSS, or a regular expression (RE2) between slashes."""
    given = some_text(raw)
    if len(given) < 3 or not (given.startswith("/") and given.endswith("/")):
        return selector(given)
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(given[1:-1], options)  # type: ignore[no-untyped-call]
    except re2.error as error:
        raise ValueError(f"{shown(raw)} is not a regular expression (RE2): {_words(error)}") from None
    return given


def secret_name(raw: object) -> str:
    if not isinstance(raw, str) or not _SECRET_NAME.fullmatch(raw):
        raise ValueError(
            "expected a secret's name: up to 64 letters, digits, '-', '_' and '.', a letter or digit first"
        )
    return raw


def secret(node: Node) -> SecretRef | None:
    """`{ secret = "name" }`. What was written in its place is never repeated: it may be the secret itself."""
    if isinstance(node.raw, dict) and set(node.raw) == {"secret"}:
        try:
            return SecretRef(secret_name(node.raw["secret"]))
        except ValueError as error:
            node.wrong(str(error))
            return None
    node.wrong(
        'secrets do not stand in settings: store it with `vedette secret set NAME` and write { secret = "NAME" } here'
    )
    return None


def _words(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
