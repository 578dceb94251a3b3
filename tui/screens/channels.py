"""Channels: where alerts go, how that went, and a test message through the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from core.drafts import channel_entry, read_channel_table
from core.errors import VedetteError
from core.operations import ChannelFigures, Declared
from core.settings.channels import ANY_KEY, CHANNEL_TYPES, channel_table
from core.settings.stored import channel_from_json, fault_of, raw_table
from core.settings.values import ChannelSettings
from tui import wording
from tui.fields import Field, Kind, Table, table_of, values_of, wrong_of
from tui.panes.engine import channel_health
from tui.panes.paint import Part, Parts, labelled
from tui.panes.trial import wrapped
from tui.screens.console import bound
from tui.screens.entries import ORIGIN_WORDS, EntriesScreen
from tui.screens.form import FormScreen
from tui.widgets.form import Form
from tui.widgets.rows import Cell, Column

if TYPE_CHECKING:
    from tui.app import ConsoleApp

COMMON = (
    Field("name", "name", hint="what rules call it", example="ops-mail"),
    Field("type", "type", Kind.TYPE, "what it speaks", choices=tuple(CHANNEL_TYPES)),
)
PRIVATE = Field("allow_private", "private", Kind.FLAG, "whether its address may be a private or loopback one")
HOW = "the name of a secret, never the secret itself; :secrets keeps one"
BY_TYPE: dict[str, tuple[Field, ...]] = {
    "email": (
        Field("smtp_host", "server", hint="the mail server that takes the messages", example="smtp.example"),
        Field("smtp_port", "port", Kind.NUMBER, "465 speaks TLS at once, others begin it", "587"),
        Field("use_tls", "TLS", Kind.CHOICE, "whether the connection is encrypted", choices=("yes", "no")),
        Field("smtp_username", "user", hint="who logs in at the server", example="nobody logs in"),
        Field("smtp_password", "password", Kind.SECRET_NAME, HOW, "name of a secret"),
        Field("from_address", "from", hint="whose address the messages carry", example="vedette@example.com"),
        Field("recipients", "to", Kind.LIST, "who gets them, with commas between", "ops@example.com"),
    ),
    "slack": (
        Field("webhook_url", "webhook", Kind.SECRET_NAME, "the secret that has the webhook's URL", "name of a secret"),
        Field("channel", "channel", hint="where it posts; the webhook's own where nothing stands", example="#ops"),
        Field("username", "as", hint="under which name it posts", example="the webhook's own"),
        Field("icon_emoji", "icon", example=":satellite:", hint="the picture beside the name"),
    ),
    "webhook": (
        Field("url", "url", hint="what is asked with every message", example="https://hooks.example/monitoring"),
        Field("method", "method", Kind.CHOICE, "how it is asked", choices=("POST", "PUT", "PATCH")),
        Field("headers", "headers", Kind.PAIRS, "Name=value; Name=secret:NAME for what is secret", "X-Team=ops",
              separator=";"),
        Field("bearer", "bearer", Kind.SECRET_NAME, HOW, "name of a secret"),
        Field("basic.username", "user", hint="for HTTP basic authentication", example="none"),
        Field("basic.password", "password", Kind.SECRET_NAME, HOW, "name of a secret"),
        Field("secret", "signed by", Kind.SECRET_NAME, "the secret that signs every message (HMAC)", "not signed"),
    ),
}  # fmt: skip
FIELDS = (*COMMON, *(field for fields in BY_TYPE.values() for field in fields), PRIVATE)


def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields that a channel of that type has."""
    return (*COMMON, *BY_TYPE.get(kind, ()), PRIVATE)


class ChannelsScreen(EntriesScreen):
    page: ClassVar[str] = "channels"
    noun: ClassVar[str] = "channel"
    why_in: ClassVar[str] = "error"
    empty: ClassVar[str] = "no channel yet: nobody is told of anything; + adds one"
    columns: ClassVar[Sequence[Column]] = (
        Column("state", "ST", 3, priority=18),
        Column("name", "CHANNEL", 14, priority=20, grow=2),
        Column("type", "TYPE", 8, priority=17),
        Column("told", "TOLD", 6, "right", priority=16),
        Column("failed", "FAILED", 6, "right", priority=15),
        Column("waiting", "WAITING", 7, "right", priority=12),
        Column("last", "LAST", 5, "right", priority=11),
        Column("error", "LAST ERROR", 18, priority=10, grow=4),
        Column("from", "FROM", 4, priority=9),
    )
    BINDINGS: ClassVar[list[BindingType]] = bound("object.rescan")

    def _figures(self, name: str) -> ChannelFigures | None:
        status = self.console.news.status
        return next((each for each in (status.channels if status else ()) if each.name == name), None)

    def cells(self, entry: Declared) -> Sequence[Cell]:
        channel, figures = channel_from_json(entry.text), self._figures(entry.name)
        sign = wording.HEALTH_SIGNS[channel_health(figures) if figures else "idle"]
        numbers = (figures.delivered, figures.failed, figures.waiting) if figures else (0, 0, 0)
        return (
            Cell(sign.mark(self.console.plain), sign.role), Cell(channel.name), Cell(channel.type, "muted"),
            Cell(wording.number(numbers[0])), Cell(wording.number(numbers[1]), "degraded" if numbers[1] else ""),
            Cell(wording.number(numbers[2])),
            Cell(wording.age(figures.last_at or None, self.console.now()) if figures else wording.NOTHING, "muted"),
            Cell(figures.last_error if figures else "", "error"), Cell(ORIGIN_WORDS[entry.origin], "muted"),
        )  # fmt: skip

    def about(self, entry: Declared) -> Sequence[Parts]:
        channel = channel_from_json(entry.text)
        table = channel_table(channel)
        values = values_of(fields_of(channel.type), table)
        lines: list[list[Part]] = []
        for field in fields_of(channel.type)[2:]:
            if values[field.key]:
                secret = "secret " if field.kind is Kind.SECRET_NAME else ""
                lines.append(labelled(field.label, (secret, "muted"), (_said(field, values[field.key]), "")))
        width = max(self.size.width - 2, 30)
        answer = self.console.answers.get(channel.name)
        return [*lines, *(wrapped("test", answer[0], width, answer[1]) if answer else ())]

    def open_form(self, entry: Declared | None) -> None:
        taken = [each for each in self.entries if entry is None or each != entry.name]
        self.console.push_screen(ChannelForm(entry, taken))

    def action_rescan(self) -> None:
        if self.entry is not None:
            self.console.ask(try_channel(self.console, self.entry.name))

    async def loss(self, entry: Declared) -> str:
        """Which rules tell it."""
        entries = (await self.console.operations.in_force()).entries
        rules = {each.name: raw_table(each.text).get("notify") for each in entries if each.kind == "rule"}
        named = [name for name, told in rules.items() if isinstance(told, list) and entry.name in told]
        if named:
            return f"Told by {', '.join(named[:4])}; what waits for it is never delivered."
        return "No rule names it; what waits for it is never delivered."


def _said(field: Field, value: str) -> str:
    return {"true": "yes"}.get(value, value) if field.kind is Kind.FLAG else value


async def try_channel(console: ConsoleApp, name: str) -> None:
    """A test message through the real channel; its answer is told and stays on the screen of channels."""
    console.tell(f"a test message goes to {name}")
    try:
        answer, role = await console.operations.try_channel(name, console.options.actor), "up"
    except VedetteError as error:
        answer, role = str(error), "error"
    console.answers[name] = (f"{wording.clock(console.now())} {answer or 'taken'}", role)
    console.tell(f"{name}: {answer or 'taken'}", wrong=role == "error")
    await console.read(everything=True)


class ChannelForm(FormScreen):
    """Adds a channel or, with `known`, edits that one; secrets are named, never typed."""

    def __init__(self, known: Declared | None, taken: Sequence[str]) -> None:
        super().__init__()
        self._known = known
        self._base: Table = {"name": known.name, **raw_table(known.text)} if known else {}
        self._taken = frozenset(taken)
        self._saved = ""

    def heading(self) -> str:
        return f"Edit channel {self._known.name}" if self._known else "New channel"

    def fields(self) -> Sequence[Field]:
        return FIELDS

    def given(self) -> Mapping[str, str]:
        given = {field.key: "" for field in FIELDS}
        known = fields_of(str(self._base.get("type", "email")))
        return {**given, **values_of(FIELDS, {}), **values_of(known, self._base), **self._tls()}

    def _tls(self) -> dict[str, str]:
        return {"use_tls": "no" if self._base.get("use_tls") is False else "yes"}

    def make_form(self) -> Form:
        return Form(
            FIELDS, self.given(), self.judge, role=self.role, plain=self.console.plain, id="form",
            shown=lambda values: [field.key for field in fields_of(values["type"])],
        )  # fmt: skip

    def judge(self, values: Mapping[str, str]) -> Mapping[str, str]:
        fields = fields_of(values["type"])
        wrong = wrong_of(fields, lambda: read_channel_table(self._table(values)))
        name = values["name"].strip()
        return {**wrong, "name": f"there is a channel named '{name}' already"} if name in self._taken else wrong

    def _table(self, values: Mapping[str, str]) -> Table:
        """What is typed; keys that no field shows stay as they are."""
        fields = fields_of(values["type"])
        shown = {field.key.partition(".")[0] for field in FIELDS}
        hidden = {key: value for key, value in self._base.items() if key not in shown and key in ANY_KEY}
        table = {**hidden, **table_of(fields, values), "type": values["type"]}
        if values["type"] == "email":
            table["use_tls"] = values["use_tls"] != "no"
        return table

    def fault(self) -> str:
        return fault_of(self._known.kind, self._known.text) if self._known else ""

    async def store(self, values: Mapping[str, str]) -> str:
        channel = read_channel_table(self._table(values))
        operations, by = self.console.operations, self.console.options.actor
        await operations.enter([channel_entry(channel)], by)
        if self._known is not None and self._known.name != channel.name:
            await operations.remove_entry("channel", self._known.name, by)
        self._saved = channel.name
        missing = await self._missing(channel)
        return f"channel {channel.name} is in force{missing}"

    async def _missing(self, channel: ChannelSettings) -> str:
        kept = {each.name for each in await self.console.operations.secrets()}
        missing = [ref.name for _, ref in channel.secrets if ref.name not in kept]
        return f"; keep its secret {', '.join(missing)} with :secrets" if missing else "; r sends a test message"

    async def after(self) -> None:
        await super().after()
        screen = self.console.console_screen()
        if isinstance(screen, ChannelsScreen):
            screen.find(self._saved)
