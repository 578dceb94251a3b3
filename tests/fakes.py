"""Small working implementations of the seams, for tests: a ledger in memory, secrets in a dict, servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import keyring.backend
import keyring.errors

from core.errors import SecretError, StoreError
from core.model.alert import Alert, AlertEvent, AlertState, Delivery
from core.model.change import Change, ChangeState, Reason, Severity
from core.model.secret import Secret, SecretRef
from core.ports import DeliveryError, Message, SecretSource
from core.text import redact, safe


class DictSecrets:
    """Secrets by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def get(self, ref: SecretRef) -> Secret:
        if not self._values.get(ref.name):
            raise SecretError(f"no secret '{ref.name}' in this dict")
        return Secret(self._values[ref.name])

    def put(self, name: str, value: str) -> None:
        """Keep a secret, or give one a new value."""
        self._values[name] = value


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A small working keyring."""

    priority = 1
    name = "memory"

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")


class MemoryDeliveries:
    """The ledger's outbox rows: the present one of each delivery, and every state it went through.

    While `broken` is above zero, each write fails and counts it down, as a full disk would.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Delivery] = {}
        self.moves: list[Delivery] = []
        self.broken = 0
        self._moved = asyncio.Event()

    async def move_delivery(self, delivery: Delivery) -> None:
        await asyncio.sleep(0)
        if self.broken:
            self.broken -= 1
            raise StoreError("disk full")
        self.rows[delivery.id] = delivery
        self.moves.append(delivery)
        self._moved.set()

    def states(self, delivery_id: int) -> list[str]:
        """What a delivery went through."""
        return [each.state.value for each in self.moves if each.id == delivery_id]

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until moves have made the condition true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._moved.clear()
                await self._moved.wait()


class Mailbox:
    """A channel without a wire: it keeps the key and the shown text of every message, and answers what it is told to.

    An answer is the receiver's words, an error to raise, or None to hang; after the last one all is "taken". A
    hanging answer stays, so that several messages can hang on it. `secrets` are looked up for each message.
    """

    def __init__(
        self, *answers: str | Exception | None, secrets: SecretSource | None = None, needs: Sequence[SecretRef] = ()
    ) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []
        self.texts: list[str] = []
        self._secrets = secrets or DictSecrets({})
        self._needs = tuple(needs)

    async def send(self, message: Message) -> str:
        hidden = self._revealed()
        await asyncio.sleep(0)
        self.keys.append(message.key)
        self.texts.append(safe(f"{message.alert.target}: {message.alert.changes[0].after}", 500))
        answer = self.answers[0] if self.answers else "taken"
        if answer is None:
            await asyncio.Event().wait()
        del self.answers[:1]
        if isinstance(answer, DeliveryError):
            shown = safe(redact(str(answer), hidden), 300)
            raise DeliveryError(shown, permanent=answer.permanent, retry_after=answer.retry_after)
        if isinstance(answer, Exception):
            raise answer
        return safe(redact(answer or "", hidden), 200)

    def _revealed(self) -> tuple[str, ...]:
        try:
            return tuple(self._secrets.get(ref).reveal() for ref in self._needs)
        except SecretError as error:
            raise DeliveryError(str(error), permanent=False) from None


@dataclass(frozen=True, slots=True)
class Received:
    """One HTTP request as a receiver saw it; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """An HTTP server that answers what it is told to: raw response bytes one after the other, the last one for good.

    An answer of None hangs until the server closes.
    """

    answers: list[bytes | None]
    url: str = ""
    requests: list[Received] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await _read_request(reader))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    start, *lines = head.strip().split("\r\n")
    method, path, _ = start.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Received(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def answer(status: str, body: str = "", **headers: str) -> bytes:
    """A whole HTTP/1.1 response: `answer("429 Too Many Requests", Retry_After="7")`."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body.encode())}\r\nConnection: close\r\n{''.join(lines)}\r\n"
    return head.encode() + body.encode()


@contextlib.asynccontextmanager
async def receiver(*answers: bytes | None) -> AsyncIterator[Receiver]:
    """A receiver on loopback for as long as the block runs."""
    served = Receiver(list(answers) or [answer("200 OK", "ok")])
    open_ones: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones[task] = writer
        try:
            await served.serve(reader, writer)
        finally:
            del open_ones[task]

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        for writer in open_ones.values():
            writer.transport.abort()
        await asyncio.gather(*open_ones, return_exceptions=True)


def an_alert(**changed: object) -> Alert:
    """A firing alert with one change, as the store would give it back."""
    change = Change(
        type="technology.version_changed",
        key=str(changed.pop("key", "nginx")),
        before=str(changed.pop("before", "1.25.3")),
        after=str(changed.pop("after", "1.27.1")),
        severity=Severity.MEDIUM,
        confidence=0.95,
        state=ChangeState.CONFIRMED,
        at=1_795_442_000.0,
        reasons=(Reason("confirm", "confirmed", "2 of 2 looks agree"),),
        evidence="server: nginx/1.27.1",
        target_id=7,
        target=str(changed.get("target", "Shop EU")),
        id=12,
        uuid="0197-change",
    )
    values: dict[str, object] = {
        "rule": "Technology change",
        "severity": Severity.MEDIUM,
        "state": AlertState.FIRING,
        "dedup": "Technology change/7",
        "since": 1_795_442_000.0,
        "target_id": 7,
        "target": "Shop EU",
        "changes": (change,),
        "reasons": (Reason("rule", "alert", "type:technology.* matched"),),
        "id": 4,
        "uuid": "0197-alert",
        **changed,
    }
    return Alert(**values)  # type: ignore[arg-type]


def a_message(event: AlertEvent = AlertEvent.FIRING, key: str = "key-1", **changed: object) -> Message:
    """A message about `an_alert`."""
    return Message(event, an_alert(**changed), key, 1_795_442_400.25)
