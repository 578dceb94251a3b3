"""The sections that exist only in the file: engine, profiles, fetch, connectivity, retention."""

from __future__ import annotations

from typing import Any

from core.model.target import Profile
from core.settings import kinds
from core.settings.values import (
    BatchSettings,
    ConnectivitySettings,
    EngineSettings,
    FetchSettings,
    RetentionSettings,
)
from core.settings.walk import Node, Shape, listing, mapping, plain, table

AUTO = "auto"
_MEGABYTE = 1_000_000


def read_engine(node: Node) -> EngineSettings:
    found = table(node, ENGINE_SHAPE)
    if "profile" in found:
        found["profile"] = Profile(found["profile"])
    return EngineSettings(**found)


def read_batch(node: Node) -> BatchSettings:
    return table(node, PROFILE_SHAPE).get("batch", BatchSettings())  # type: ignore[no-any-return]


def read_fetch(node: Node) -> FetchSettings:
    return FetchSettings(**table(node, FETCH_SHAPE))


def read_connectivity(node: Node) -> ConnectivitySettings:
    return ConnectivitySettings(**table(node, CONNECTIVITY_SHAPE))


def read_retention(node: Node) -> RetentionSettings:
    return RetentionSettings(**table(node, RETENTION_SHAPE))


def _workers(raw: object) -> int:
    if raw == AUTO:
        return 0
    try:
        return kinds.whole(1, 64)(raw)
    except ValueError as error:
        raise ValueError(str(error).replace("expected", "expected 'auto' or")) from None


def _batch(node: Node) -> BatchSettings:
    return BatchSettings(**table(node, BATCH_SHAPE))


def _resolve(node: Node) -> tuple[tuple[str, str, int], ...] | None:
    pairs: Any = mapping(kinds.host_name, plain(kinds.address_and_port))(node)
    return tuple((host, address, port) for host, (address, port) in pairs) if pairs is not None else None


_KEEP = plain(kinds.duration(low=3600.0))

ENGINE_SHAPE = Shape(
    {
        "workers": plain(_workers),
        "profile": plain(kinds.choice(Profile)),
        "confirm_scans": plain(kinds.whole(1, 10)),
    }
)
BATCH_SHAPE = Shape(
    {
        "detect_every": plain(kinds.duration(low=1.0, high=7 * 86400.0)),
        "notify_every": plain(kinds.duration(low=1.0, high=7 * 86400.0)),
        "concurrency": plain(kinds.whole(1, 1000)),
    }
)
PROFILE_SHAPE = Shape({"batch": _batch})
FETCH_SHAPE = Shape(
    {
        "timeout": plain(kinds.duration(low=0.1, high=600.0)),
        "domain_rate": plain(kinds.rate),
        "domain_concurrency": plain(kinds.whole(1, 1000)),
        "allow": listing(plain(kinds.network)),
        "ca_file": plain(kinds.text),
        "resolvers": listing(plain(kinds.name_server)),
        "resolve": _resolve,
        "user_agent": plain(kinds.some_text),
        "max_body": plain(kinds.whole(1000, 100 * _MEGABYTE)),
        "max_transfer": plain(kinds.whole(1000, 1000 * _MEGABYTE)),
    }
)
CONNECTIVITY_SHAPE = Shape({"check": listing(plain(kinds.reference_point))})
RETENTION_SHAPE = Shape(
    dict.fromkeys(
        (
            "samples",
            "samples_hourly",
            "system_metrics",
            "facts",
            "changes",
            "alerts",
            "documents",
            "audit",
            "jobs",
        ),
        _KEEP,
    )
)
