"""Settings as frozen values: what vedette.toml means once it has been read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.model.alert import Rule
from core.model.secret import SecretRef
from core.model.target import Profile, Target


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`workers` 0 means as many as there are processors, at most 4."""

    workers: int = 0
    profile: Profile = Profile.REALTIME
    confirm_scans: int = 2


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """The batch profile: seconds between detections and between tellings, and how many looks at a time."""

    detect_every: float = 900.0
    notify_every: float = 900.0
    concurrency: int = 5


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How a look is taken. `domain_rate` is looks a second, per registrable domain (or address).

    `resolve` maps a host name to (address, port); port 0 keeps the URL's. `allow` are CIDR networks.
    """

    timeout: float = 20.0
    domain_rate: float = 2.0
    domain_concurrency: int = 4
    allow: tuple[str, ...] = ()
    ca_file: str = ""
    resolvers: tuple[str, ...] = ()
    resolve: tuple[tuple[str, str, int], ...] = ()
    user_agent: str = "Vedette/0.1 (website monitor)"
    max_body: int = 2_000_000
    max_transfer: int = 8_000_000


@dataclass(frozen=True, slots=True)
class ConnectivitySettings:
    """Reference points `https://…` or `tcp://host:port`; all failing means that our own link is down."""

    check: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long each kind is kept, in seconds."""

    samples: float = 90 * 86400.0
    samples_hourly: float = 400 * 86400.0
    system_metrics: float = 30 * 86400.0
    facts: float = 400 * 86400.0
    changes: float = 400 * 86400.0
    alerts: float = 400 * 86400.0
    documents: float = 90 * 86400.0
    audit: float = 400 * 86400.0
    jobs: float = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One channel as declared: `options` are the plain keys of its type, `secrets` the ones looked up by name.

    `headers` and `recipients` are options too: a tuple of pairs and a tuple of strings. `basic` is split into the
    option `basic_username` and the secret `basic_password`.
    """

    name: str
    type: str
    options: tuple[tuple[str, object], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    allow_private: bool = False

    def option(self, key: str, default: object = None) -> object:
        """The option's value, or `default`."""
        return dict(self.options).get(key, default)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. `source` is its path or "" where there is none, `text` what it held; `digest` identifies that."""

    engine: EngineSettings = EngineSettings()
    batch: BatchSettings = BatchSettings()
    fetch: FetchSettings = FetchSettings()
    connectivity: ConnectivitySettings = ConnectivitySettings()
    retention: RetentionSettings = RetentionSettings()
    targets: tuple[Target, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()
    rules: tuple[Rule, ...] = ()
    templates: dict[str, str] = field(default_factory=dict)
    source: str = ""
    digest: str = ""
    text: str = field(default="", repr=False, compare=False)
