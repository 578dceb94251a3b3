"""What a person may ask of the watch and do to it: one protocol, its engine side and its socket side.

Console, command line and API act only through here. The engine side checks the role, does the act and lets the store
write the audit entry in the same transaction; the socket side carries the same calls to an engine in another process.
Reading needs no permission of the engine: the caller's own read-only connection does that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar, get_type_hints

import msgspec

from core import errors
from core.errors import ConflictError, NotFoundError, StoreError, VedetteError
from core.model.alert import Alert, AlertState, Delivery
from core.model.change import Verdict
from core.model.people import Actor, AuditEntry, Role
from core.model.scan import Scan
from core.model.secret import Secret
from core.model.target import Origin, Target
from core.ports import Entry, Ledger, Reader
from core.secrets import Located, Stored
from core.settings.check import Finding
from core.text import unreadable

SOCKET_NAME = "engine.sock"
MAX_MESSAGE = 64 * 1024 * 1024
_LENGTH = 4

_log = logging.getLogger("vedette.engine")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    number: int
    pid: int
    in_flight: int
    done: int
    restarts: int
    lateness_ms: float


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """A channel's record since the engine started; `last_error` is sanitised."""

    name: str
    type: str
    delivered: int
    failed: int
    waiting: int
    last_error: str = ""
    last_at: float = 0.0


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The engine's own figures. Latencies in milliseconds over the last minutes, None before there are any."""

    pid: int
    version: str
    started_at: float
    at: float
    targets: int
    scans: int
    failures: int
    scans_per_second: float
    in_flight: int
    due: int
    held_domains: int
    late_p50_ms: float | None
    late_p99_ms: float | None
    stored_p50_ms: float | None
    stored_p99_ms: float | None
    online: bool
    running: tuple[tuple[str, float], ...] = ()
    workers: tuple[WorkerFigures, ...] = ()
    channels: tuple[ChannelFigures, ...] = ()
    storage_bytes: int = 0
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that a person asked for, and the number of the job it is stored as."""

    scan: Scan
    job_id: int


@dataclass(frozen=True, slots=True)
class Declared:
    """A channel or rule that is in force, as the JSON text of core.settings.stored; `origin` says where it is kept."""

    kind: str
    name: str
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class InForce:
    """What an engine obeys besides its targets; `file` is the path of its settings file, "" where it has none."""

    file: str = ""
    entries: tuple[Declared, ...] = ()


class Operations(Protocol):
    """Everything that can be asked or done. Names are target names, `T-12`, `A-12`, `C-12`, `D-12` or uuids.

    Raises VedetteError with a sentence for the person who asked.
    """

    async def add_targets(self, targets: Sequence[Target], by: Actor) -> list[Target]: ...

    async def edit_target(self, target: Target, by: Actor) -> Target: ...

    async def remove_target(self, name: str, by: Actor) -> Target: ...

    async def pause_targets(self, names: Sequence[str], paused: bool, by: Actor) -> list[str]: ...

    async def look(self, name: str, by: Actor) -> Looked: ...

    async def try_target(self, target: Target, by: Actor) -> Scan:
        """One look at what may become a target, with the guard in force; nothing of it is stored."""
        ...

    async def rescan(self, names: Sequence[str], by: Actor) -> int: ...

    async def acknowledge(self, alert: str, note: str, by: Actor) -> Alert: ...

    async def resolve(self, alert: str, note: str, by: Actor) -> Alert: ...

    async def give_verdict(self, subject: str, verdict: Verdict, by: Actor) -> None: ...

    async def requeue(self, delivery: str, by: Actor) -> Delivery: ...

    async def drop(self, delivery: str, by: Actor) -> Delivery: ...

    async def enter(self, entries: Sequence[Entry], by: Actor) -> None: ...

    async def remove_entry(self, kind: str, name: str, by: Actor) -> None: ...

    async def save_view(self, name: str, text: str, by: Actor) -> None:
        """Keep a view of a list under a name, for everybody who looks at this watch; one of that name is replaced."""
        ...

    async def forget_view(self, name: str, by: Actor) -> None: ...

    async def try_channel(self, channel: str, by: Actor) -> str: ...

    async def in_force(self) -> InForce: ...

    async def check_settings(self) -> list[Finding]:
        """All that is wrong or odd in the settings file, as `check-config` says it; nothing where there is none."""
        ...

    async def secrets(self) -> list[Located]:
        """The names of secrets and where the engine finds each; never their values."""
        ...

    async def keep_secret(self, name: str, secret: Secret, in_file: bool, by: Actor) -> Stored:
        """Keep a secret where the engine finds it: in its keyring or, asked for, in the 0600 file.

        The engine does it and not who asks, because the engine must find it again: its keyring, its environment and
        its data directory count. The value passes through the 0600 socket of the 0700 directory that the file would
        stand in; it is in no log, no answer and no audit entry.
        """
        ...

    async def forget_secret(self, name: str, by: Actor) -> list[str]:
        """Take a secret out of keyring and file; the places it was in."""
        ...

    async def status(self) -> EngineStatus: ...


NEEDS: dict[str, Role] = {
    "add_targets": Role.OPERATOR,
    "edit_target": Role.OPERATOR,
    "remove_target": Role.MODERATOR,
    "pause_targets": Role.OPERATOR,
    "look": Role.OPERATOR,
    "try_target": Role.OPERATOR,
    "rescan": Role.OPERATOR,
    "acknowledge": Role.OPERATOR,
    "resolve": Role.OPERATOR,
    "give_verdict": Role.OPERATOR,
    "requeue": Role.OPERATOR,
    "drop": Role.MODERATOR,
    "save_view": Role.OPERATOR,
    "forget_view": Role.OPERATOR,
    "enter": Role.ADMIN,
    "remove_entry": Role.ADMIN,
    "try_channel": Role.OPERATOR,
    "keep_secret": Role.ADMIN,
    "forget_secret": Role.ADMIN,
}


class Works(Protocol):
    """What the engine side asks of the engine it belongs to."""

    def now(self) -> float: ...

    def first_due(self, target: Target) -> float:
        """When a target that was just added is looked at first."""
        ...

    def watch(self, target: Target, next_due: float | None) -> None:
        """A target is new or changed."""
        ...

    def forget(self, target_id: int) -> None: ...

    async def look(self, target: Target) -> Looked:
        """One look out of turn; answers when it is recorded."""
        ...

    async def try_target(self, target: Target) -> Scan: ...

    def look_soon(self, target_ids: Sequence[int]) -> None: ...

    def deliver(self, delivery: Delivery) -> None: ...

    def drop_delivery(self, delivery_id: int) -> None: ...

    def alert_changed(self, alert: Alert) -> None: ...

    async def entries_changed(self) -> None: ...

    async def try_channel(self, channel: str) -> str: ...

    async def in_force(self) -> InForce: ...

    async def check_settings(self) -> list[Finding]: ...

    async def secrets(self) -> list[Located]: ...

    async def keep_secret(self, name: str, secret: Secret, in_file: bool) -> Stored: ...

    async def forget_secret(self, name: str) -> list[str]: ...

    def status(self) -> EngineStatus: ...


class EngineOperations:
    """The engine side."""

    def __init__(self, ledger: Ledger, reader: Reader, works: Works) -> None:
        self._ledger = ledger
        self._reader = reader
        self._works = works

    async def add_targets(self, targets: Sequence[Target], by: Actor) -> list[Target]:
        _allowed("add_targets", by)
        now = self._works.now()
        dues = [self._works.first_due(target) for target in targets]
        adding = (
            self._ledger.add_target(target, by, now, due) for target, due in zip(targets, dues, strict=True)
        )  # handed over together, they share a commit
        results = await asyncio.gather(*adding, return_exceptions=True)
        added = [result for result in results if isinstance(result, Target)]
        for target, due in zip(results, dues, strict=True):
            if isinstance(target, Target):
                self._works.watch(target, due)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return added

    async def edit_target(self, target: Target, by: Actor) -> Target:
        _allowed("edit_target", by)
        known = await self._reader.target(target.uuid or target.name)
        _editable(known)
        due = self._works.first_due(target) if target.schedule != known.schedule else None
        stored = await self._ledger.replace_target(target, by, self._works.now(), due)
        self._works.watch(stored, due)
        return stored

    async def remove_target(self, name: str, by: Actor) -> Target:
        _allowed("remove_target", by)
        target = await self._reader.target(name)
        _editable(target)
        await self._ledger.remove_target(target.id, by, self._works.now())
        self._works.forget(target.id)
        return target

    async def pause_targets(self, names: Sequence[str], paused: bool, by: Actor) -> list[str]:
        _allowed("pause_targets", by)
        targets = [await self._reader.target(name) for name in names]
        await self._ledger.pause_targets([each.id for each in targets], paused, by, self._works.now())
        for target in targets:
            self._works.watch(replace(target, paused=paused), None)
        return [each.name for each in targets]

    async def look(self, name: str, by: Actor) -> Looked:
        _allowed("look", by)
        target = _readable(await self._reader.target(name))
        await self._note(by, "target.look", target.name)
        return await self._works.look(target)

    async def try_target(self, target: Target, by: Actor) -> Scan:
        _allowed("try_target", by)
        await self._note(by, "target.try", target.url)
        return await self._works.try_target(target)

    async def rescan(self, names: Sequence[str], by: Actor) -> int:
        _allowed("rescan", by)
        targets = [_readable(await self._reader.target(name)) for name in names]
        for each in targets:
            await self._note(by, "target.rescan", each.name)
        self._works.look_soon([each.id for each in targets])
        return len(targets)

    async def acknowledge(self, alert: str, note: str, by: Actor) -> Alert:
        _allowed("acknowledge", by)
        return await self._set_state(alert, AlertState.ACKNOWLEDGED, note, by)

    async def resolve(self, alert: str, note: str, by: Actor) -> Alert:
        _allowed("resolve", by)
        return await self._set_state(alert, AlertState.RESOLVED, note, by)

    async def _set_state(self, name: str, state: AlertState, note: str, by: Actor) -> Alert:
        known = await self._reader.alert(name)
        if known.state is AlertState.RESOLVED:
            raise ConflictError(f"A-{known.id} is resolved already; a resolved alert stays so")
        changed = await self._ledger.set_alert_state(known.id, state, by, note, self._works.now())
        self._works.alert_changed(changed)
        return await self._reader.alert(f"A-{known.id}")

    async def give_verdict(self, subject: str, verdict: Verdict, by: Actor) -> None:
        _allowed("give_verdict", by)
        what, subject_id = await self._subject(subject)
        await self._ledger.set_verdict(what, subject_id, verdict, by, self._works.now())

    async def _subject(self, name: str) -> tuple[str, int]:
        if name.upper().startswith("A-"):
            return "alert", (await self._reader.alert(name)).id
        if name.upper().startswith("C-"):
            return "change", (await self._reader.change(name)).id
        with contextlib.suppress(NotFoundError):
            return "change", (await self._reader.change(name)).id
        return "alert", (await self._reader.alert(name)).id

    async def requeue(self, delivery: str, by: Actor) -> Delivery:
        _allowed("requeue", by)
        found = await self._reader.delivery(delivery)
        requeued = await self._ledger.requeue_delivery(found.id, by, self._works.now())
        self._works.deliver(requeued)
        return requeued

    async def drop(self, delivery: str, by: Actor) -> Delivery:
        _allowed("drop", by)
        found = await self._reader.delivery(delivery)
        await self._ledger.drop_delivery(found.id, by, self._works.now())
        self._works.drop_delivery(found.id)
        return found

    async def enter(self, entries: Sequence[Entry], by: Actor) -> None:
        _allowed("enter", by)
        await self._ledger.put_entries(entries, by, self._works.now())
        await self._works.entries_changed()

    async def save_view(self, name: str, text: str, by: Actor) -> None:
        _allowed("save_view", by)
        await self._ledger.put_entries([Entry("view", name, text)], by, self._works.now())

    async def forget_view(self, name: str, by: Actor) -> None:
        _allowed("forget_view", by)
        await self._ledger.remove_entry("view", name, by, self._works.now())

    async def remove_entry(self, kind: str, name: str, by: Actor) -> None:
        _allowed("remove_entry", by)
        await self._ledger.remove_entry(kind, name, by, self._works.now())
        await self._works.entries_changed()

    async def try_channel(self, channel: str, by: Actor) -> str:
        _allowed("try_channel", by)
        await self._note(by, "channel.try", channel)
        return await self._works.try_channel(channel)

    async def in_force(self) -> InForce:
        return await self._works.in_force()

    async def check_settings(self) -> list[Finding]:
        return await self._works.check_settings()

    async def secrets(self) -> list[Located]:
        return await self._works.secrets()

    async def keep_secret(self, name: str, secret: Secret, in_file: bool, by: Actor) -> Stored:
        _allowed("keep_secret", by)
        kept = await self._works.keep_secret(name, secret, in_file)
        await self._note(by, "secret.set", name)
        await self._works.entries_changed()
        return kept

    async def forget_secret(self, name: str, by: Actor) -> list[str]:
        _allowed("forget_secret", by)
        places = await self._works.forget_secret(name)
        await self._note(by, "secret.remove", name)
        await self._works.entries_changed()
        return places

    async def _note(self, by: Actor, action: str, subject: str) -> None:
        """Put into the trail what changes nothing in the store."""
        await self._ledger.audit(AuditEntry(self._works.now(), by.name, by.origin, action, subject, ""))

    async def status(self) -> EngineStatus:
        return self._works.status()


def _allowed(act: str, by: Actor) -> None:
    if by.role < NEEDS[act]:
        needed = NEEDS[act].name.lower()
        raise ConflictError(f"{by.name} is {by.role.name.lower()}; {act.replace('_', ' ')} needs {needed}")


def _readable(target: Target) -> Target:
    """Nobody knows how to look at what is not known whole."""
    if target.fault:
        raise ConflictError(f"'{target.name}' is not looked at: {unreadable(target.fault)}; edit it anew or remove it")
    return target


def _editable(target: Target) -> None:
    if target.origin is Origin.FILE:
        raise ConflictError(f"'{target.name}' is declared in the settings file and is changed there")


class _Request(msgspec.Struct):
    method: str
    arguments: dict[str, msgspec.Raw]


_NOTHING = msgspec.Raw(msgspec.msgpack.encode(None))


class _Reply(msgspec.Struct):
    result: msgspec.Raw = _NOTHING
    error: str = ""
    message: str = ""


def _revealed(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} does not go through the socket")


def _concealed(kind: type, value: object) -> Secret:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"expected a {kind.__name__}")


_encode = msgspec.msgpack.Encoder().encode
_encode_argument = msgspec.msgpack.Encoder(enc_hook=_revealed).encode
_request = msgspec.msgpack.Decoder(_Request)
_reply = msgspec.msgpack.Decoder(_Reply)
_METHODS = tuple(name for name in vars(Operations) if not name.startswith("_"))


@contextlib.asynccontextmanager
async def served(directory: Path, operations: Operations) -> AsyncIterator[None]:
    """Answer calls on `engine.sock` (mode 0600) in the data directory for as long as the block runs.

    It is made in a folder of its own and moved: a umask would be felt by every other thread that makes a file.
    """
    with tempfile.TemporaryDirectory(prefix=".", dir=directory) as aside:
        with _reachable(Path(aside)) as path:
            server = await asyncio.start_unix_server(_answering(operations), path)
        _publish(Path(aside, SOCKET_NAME), directory / SOCKET_NAME)
    try:
        yield
    finally:
        server.close()
        with contextlib.suppress(FileNotFoundError):
            (directory / SOCKET_NAME).unlink()


def _publish(made: Path, path: Path) -> None:
    made.chmod(0o600)
    made.replace(path)


@contextlib.contextmanager
def _reachable(directory: Path) -> Iterator[str]:
    """A path to the socket short enough for a Unix address (107 bytes), through an open descriptor where needed."""
    path = str(directory / SOCKET_NAME)
    if len(os.fsencode(path)) <= 100:
        yield path
        return
    descriptor = os.open(directory, os.O_DIRECTORY | os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
    finally:
        os.close(descriptor)


def _answering(
    operations: Operations,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            reply = await _done(operations, await _read(reader))
            _write(writer, _encode(reply))
            await writer.drain()

    return answer


async def _done(operations: Operations, body: bytes) -> _Reply:
    try:
        request = _request.decode(body)
        if request.method not in _METHODS:
            raise VedetteError(f"'{request.method}' cannot be asked of this engine; is it an older version?")
        method = getattr(operations, request.method)
        hints = get_type_hints(getattr(Operations, request.method))
        arguments = {
            name: msgspec.msgpack.decode(raw, type=hints[name], dec_hook=_concealed)
            for name, raw in request.arguments.items()
        }
        return _Reply(result=msgspec.Raw(_encode(await method(**arguments))))
    except VedetteError as error:
        return _Reply(error=type(error).__name__, message=str(error))
    except (msgspec.MsgspecError, TypeError, KeyError) as error:
        return _Reply(error="VedetteError", message=f"the engine did not understand the call: {error}")
    except Exception as error:  # noqa: BLE001 - the socket's border: who asked must not wait for ever
        _log.exception("a call broke", extra={"call": body[:28].hex()})  # its method; never an argument
        return _Reply(error="EngineError", message=f"a fault in the engine: {type(error).__name__}; see its log")


async def _read(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
    if length > MAX_MESSAGE:
        raise ValueError("message too large")
    return await reader.readexactly(length)


def _write(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(len(body).to_bytes(_LENGTH, "big") + body)


class SocketOperations:
    """The socket side: one connection a call, so a slow call never stands in the way of another."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def add_targets(self, targets: Sequence[Target], by: Actor) -> list[Target]:
        return await self._ask("add_targets", list[Target], targets=tuple(targets), by=by)

    async def edit_target(self, target: Target, by: Actor) -> Target:
        return await self._ask("edit_target", Target, target=target, by=by)

    async def remove_target(self, name: str, by: Actor) -> Target:
        return await self._ask("remove_target", Target, name=name, by=by)

    async def pause_targets(self, names: Sequence[str], paused: bool, by: Actor) -> list[str]:
        return await self._ask("pause_targets", list[str], names=tuple(names), paused=paused, by=by)

    async def look(self, name: str, by: Actor) -> Looked:
        return await self._ask("look", Looked, name=name, by=by)

    async def try_target(self, target: Target, by: Actor) -> Scan:
        return await self._ask("try_target", Scan, target=target, by=by)

    async def rescan(self, names: Sequence[str], by: Actor) -> int:
        return await self._ask("rescan", int, names=tuple(names), by=by)

    async def acknowledge(self, alert: str, note: str, by: Actor) -> Alert:
        return await self._ask("acknowledge", Alert, alert=alert, note=note, by=by)

    async def resolve(self, alert: str, note: str, by: Actor) -> Alert:
        return await self._ask("resolve", Alert, alert=alert, note=note, by=by)

    async def give_verdict(self, subject: str, verdict: Verdict, by: Actor) -> None:
        await self._ask("give_verdict", type(None), subject=subject, verdict=verdict, by=by)

    async def requeue(self, delivery: str, by: Actor) -> Delivery:
        return await self._ask("requeue", Delivery, delivery=delivery, by=by)

    async def drop(self, delivery: str, by: Actor) -> Delivery:
        return await self._ask("drop", Delivery, delivery=delivery, by=by)

    async def enter(self, entries: Sequence[Entry], by: Actor) -> None:
        await self._ask("enter", type(None), entries=tuple(entries), by=by)

    async def save_view(self, name: str, text: str, by: Actor) -> None:
        await self._ask("save_view", type(None), name=name, text=text, by=by)

    async def forget_view(self, name: str, by: Actor) -> None:
        await self._ask("forget_view", type(None), name=name, by=by)

    async def remove_entry(self, kind: str, name: str, by: Actor) -> None:
        await self._ask("remove_entry", type(None), kind=kind, name=name, by=by)

    async def try_channel(self, channel: str, by: Actor) -> str:
        return await self._ask("try_channel", str, channel=channel, by=by)

    async def in_force(self) -> InForce:
        return await self._ask("in_force", InForce)

    async def check_settings(self) -> list[Finding]:
        return await self._ask("check_settings", list[Finding])

    async def secrets(self) -> list[Located]:
        return await self._ask("secrets", list[Located])

    async def keep_secret(self, name: str, secret: Secret, in_file: bool, by: Actor) -> Stored:
        return await self._ask("keep_secret", Stored, name=name, secret=secret, in_file=in_file, by=by)

    async def forget_secret(self, name: str, by: Actor) -> list[str]:
        return await self._ask("forget_secret", list[str], name=name, by=by)

    async def status(self) -> EngineStatus:
        return await self._ask("status", EngineStatus)

    async def _ask(self, method: str, answer: type[Answer], **arguments: object) -> Answer:
        request = _Request(method, {name: msgspec.Raw(_encode_argument(value)) for name, value in arguments.items()})
        try:
            with _reachable(self._directory) as path:
                reader, writer = await asyncio.open_unix_connection(path)
            with contextlib.closing(writer):
                _write(writer, _encode(request))
                body = await _read(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise StoreError(f"the engine of {self._directory} does not answer ({error})") from error
        reply = _reply.decode(body)
        if reply.error:
            raise _error(reply)
        return msgspec.msgpack.decode(reply.result, type=answer)


def _error(reply: _Reply) -> VedetteError:
    kind = getattr(errors, reply.error, VedetteError)
    if (
        isinstance(kind, type)
        and issubclass(kind, VedetteError)
        and kind not in (errors.QueryError, errors.NotYetError)
    ):
        return kind(reply.message)
    return VedetteError(reply.message)


def is_served(directory: Path) -> bool:
    """Whether an engine's socket stands in the data directory; it may still refuse to answer."""
    try:
        return stat.S_ISSOCK((directory / SOCKET_NAME).stat().st_mode)
    except FileNotFoundError:
        return False
