"""The tables of channels: which keys each type has, which of them it needs, and which are secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.model.secret import SecretRef
from core.settings import kinds
from core.settings.values import ChannelSettings
from core.settings.walk import Node, Reader, Shape, listing, mapping, plain, shown, table

HEADER_SECRET = "header:"  # noqa: S105 - the prefix under which a header's secret stands in ChannelSettings.secrets
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "idempotency-key", "x-vedette-signature"}
)
_TELLTALE = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ChannelType:
    """What the table of one type may hold besides the keys that all channels have."""

    keys: Mapping[str, Reader]
    secrets: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        secrets = dict.fromkeys(self.secrets, kinds.secret)
        return Shape({**_COMMON, **self.keys, **secrets}, required=("name", "type", *self.required))


def read_channel(node: Node) -> ChannelSettings | None:
    """The channel of one table; None where it could not be read (what is wrong is noted)."""
    if not isinstance(node.raw, dict) or node.raw.get("type") not in CHANNEL_TYPES:
        _wrong_type(node)
        return None
    before = len(node.problems.found)
    channel_type = CHANNEL_TYPES[node.raw["type"]]
    found = {**channel_type.defaults, **table(node, channel_type.shape)}
    if "bearer" in found and "basic" in found:
        node.child("basic", None).wrong("a channel has either 'bearer' or 'basic'")
    if len(node.problems.found) > before:
        return None
    return _channel(found, (*channel_type.keys, *channel_type.secrets, "template"))


def channel_table(channel: ChannelSettings) -> dict[str, object]:
    """The table that reads back as this channel, without what the defaults say anyway."""
    written: dict[str, object] = {"name": channel.name, "type": channel.type}
    defaults = CHANNEL_TYPES[channel.type].defaults
    secrets = {key: {"secret": ref.name} for key, ref in channel.secrets}
    for key, value in channel.options:
        if key == "headers":
            written[key] = dict(value)  # type: ignore[call-overload]
        elif key == "basic_username":
            written["basic"] = {"username": value, "password": secrets.pop("basic_password")}
        elif defaults.get(key) != value:
            written[key] = list(value) if isinstance(value, tuple) else value
    for key, reference in secrets.items():
        if key.startswith(HEADER_SECRET):
            written.setdefault("headers", {})[key.removeprefix(HEADER_SECRET)] = reference  # type: ignore[index]
        else:
            written[key] = reference
    return written | ({"allow_private": True} if channel.allow_private else {})


def tells_a_secret(header: str) -> bool:
    """Whether a header of that name carries credentials."""
    return bool(_TELLTALE.search(header))


def _channel(found: dict[str, Any], order: tuple[str, ...]) -> ChannelSettings:
    options: list[tuple[str, object]] = []
    secrets: list[tuple[str, SecretRef]] = []
    for key in order:
        value = found.get(key)
        if key == "headers" and value:
            plain_headers = tuple((name, each) for name, each in value if isinstance(each, str))
            options += [(key, plain_headers)] if plain_headers else []
            secrets += [(HEADER_SECRET + name, each) for name, each in value if isinstance(each, SecretRef)]
        elif key == "basic" and value:
            options.append(("basic_username", value["username"]))
            secrets.append(("basic_password", value["password"]))
        elif isinstance(value, SecretRef):
            secrets.append((key, value))
        elif value not in (None, "", ()):
            options.append((key, value))
    private = found.get("allow_private", False)
    return ChannelSettings(found["name"], found["type"], tuple(options), tuple(secrets), private)


def _wrong_type(node: Node) -> None:
    given = node.raw.get("type") if isinstance(node.raw, dict) else None
    if not isinstance(node.raw, dict):
        node.wrong(f"expected a table, not {shown(node.raw)}")
    elif given is None:
        table(node, Shape({key: lambda _: None for key in ANY_KEY}, required=("type",)))
    else:
        plain(kinds.choice(CHANNEL_TYPES))(node.child("type", given))


def _header(node: Node) -> str | SecretRef | None:
    name = str(node.path[-1])
    if name.lower() in _OURS:
        node.wrong("this header is set by Vedette itself")
        return None
    if isinstance(node.raw, str) and not tells_a_secret(name):
        return plain(kinds.text)(node)  # type: ignore[no-any-return]
    return kinds.secret(node)


def _basic(node: Node) -> dict[str, Any] | None:
    found = table(node, BASIC_SHAPE)
    return found if len(found) == len(BASIC_SHAPE.keys) else None


BASIC_SHAPE = Shape({"username": plain(kinds.some_text), "password": kinds.secret}, required=("username", "password"))

CHANNEL_TYPES: dict[str, ChannelType] = {
    "email": ChannelType(
        keys={
            "smtp_host": plain(kinds.host_name),
            "smtp_port": plain(kinds.whole(1, 65535)),
            "smtp_username": plain(kinds.text),
            "use_tls": plain(kinds.flag),
            "from_address": plain(kinds.mailbox),
            "recipients": listing(plain(kinds.mailbox), at_least=1),
        },
        secrets=("smtp_password",),
        required=("smtp_host", "from_address", "recipients"),
        defaults={"smtp_port": 587, "use_tls": True},
    ),
    "slack": ChannelType(
        keys={"channel": plain(kinds.text), "username": plain(kinds.text), "icon_emoji": plain(kinds.text)},
        secrets=("webhook_url",),
        required=("webhook_url",),
    ),
    "webhook": ChannelType(
        keys={
            "url": plain(kinds.http_url),
            "method": plain(kinds.choice(("POST", "PUT", "PATCH"))),
            "headers": mapping(kinds.header_name, _header),
            "basic": _basic,
        },
        secrets=("bearer", "secret"),
        required=("url",),
        defaults={"method": "POST"},
    ),
}

_COMMON: dict[str, Reader] = {
    "name": plain(kinds.name),
    "type": plain(kinds.choice(CHANNEL_TYPES)),
    "template": plain(kinds.some_text),
    "allow_private": plain(kinds.flag),
}
ANY_KEY = tuple(dict.fromkeys(key for each in CHANNEL_TYPES.values() for key in each.shape.keys))
