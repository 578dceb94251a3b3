"""What the judge needs and what it decides: memory between looks, the settings it obeys, and the outcome to record."""

from __future__ import annotations

from dataclasses import dataclass

from core.model.alert import Alert, Delivery, Rule
from core.model.change import Change, Reason
from core.model.scan import Fact, Scan
from core.model.target import Status, Target


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A change seen `agreed` times that waits for `needed`; `change_id` is the stored suspected change.

    `kind` and `key` are those of the fact whose value must stay `after` (None: must stay absent) to agree.
    A change of a whole set of facts (text blocks, inline scripts) has key "", and as `before` and `after` the keys of
    the members gone and come, one a line. A change that the store has not seen yet has no id: `change_id` is then
    -(1 + its position among the outcome's changes), and the store puts the id there.
    """

    change_id: int
    type: str
    kind: str
    key: str
    before: str | None
    after: str | None
    agreed: int
    needed: int
    first_at: float


@dataclass(frozen=True, slots=True)
class Flips:
    """How often a fact, or a kind of them, changed its value and came back: what makes a key rotating."""

    kind: str
    key: str
    seen: int
    last_at: float


@dataclass(frozen=True, slots=True)
class Memory:
    """What the judge remembers of a target between looks; stored in the transaction of the outcome it belongs to.

    `failures` counts failed looks in a row; `down_since` is 0 unless the target is reported down;
    `degraded` are the metrics now reported degraded, with the median they are measured against;
    `warned` are certificate deadlines already told of (fingerprint/days), and the expiry of the certificate last seen
    (until=fingerprint/RFC 3339), because a look that is `same` brings no facts.
    """

    status: Status = Status.UNKNOWN
    failures: int = 0
    down_since: float = 0.0
    suspicions: tuple[Suspicion, ...] = ()
    flips: tuple[Flips, ...] = ()
    degraded: tuple[tuple[str, float], ...] = ()
    warned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """From which level on a metric counts as slower than `baseline`.

    The baseline is the median of so many `looks`, or, with 0, that from before it was found degraded.
    """

    level: float
    baseline: float
    looks: int


@dataclass(frozen=True, slots=True)
class Judging:
    """The settings that decisions obey."""

    confirm_scans: int = 2
    rules: tuple[Rule, ...] = ()
    channels: tuple[str, ...] = ()
    notify_every: float = 0.0
    online: bool = True


@dataclass(frozen=True, slots=True)
class Before:
    """What was known before a scan. `facts` are the current ones, read only when the scan is not `same`.

    Facts of BULKY_KINDS that are the same before and now may be left out of both `facts` and the scan, unless
    something suspected is about them or an error page was seen; `alike` then says how many, by kind.

    `windows` maps a metric to its recent unmarked values, oldest first (at most 64).
    `told` maps (rule, channel) to when it was last told of this target: what throttling looks at.
    `first` says that the target has never been scanned successfully: nothing is compared then.
    """

    target: Target
    first: bool
    facts: tuple[Fact, ...] = ()
    memory: Memory = Memory()
    windows: tuple[tuple[str, tuple[float, ...]], ...] = ()
    suspected: tuple[Change, ...] = ()
    open_alerts: tuple[Alert, ...] = ()
    told: tuple[tuple[str, str, float], ...] = ()
    alike: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert to open or to add to, with the changes (by position in the outcome) that caused it.

    `alert.id` 0 opens a new one; otherwise the alert with that id gets the changes and reasons.
    """

    alert: Alert
    changes: tuple[int, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """An open alert whose condition is over: resolved, with what is sent about it."""

    alert_id: int
    reasons: tuple[Reason, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything one scan leads to, recorded in one transaction.

    `changes` are new ones or, where `Change.id` is not 0, suspected ones that got their final state.
    `opened` facts replace the current ones of their (kind, key); `closed` end without a successor.
    `rescan_after` asks for an early look, in seconds, to confirm or refute what is suspected.
    """

    target: Target
    scan: Scan
    memory: Memory
    status: Status
    opened: tuple[Fact, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    changes: tuple[Change, ...] = ()
    raised: tuple[Raised, ...] = ()
    ended: tuple[Ended, ...] = ()
    rescan_after: float | None = None
