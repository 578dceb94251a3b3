"""Secrets: their names and where the engine finds them; one can be kept or removed, none is ever shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from core.model.secret import Secret
from core.model.target import Origin
from core.operations import Declared
from core.settings.kinds import secret_name
from core.settings.stored import channel_from_json, fault_of
from tui import wording
from tui.fields import Field, Kind
from tui.panes.paint import Parts, labelled
from tui.screens.entries import EntriesScreen
from tui.screens.form import FormScreen
from tui.widgets.rows import Cell, Column

KEYRING, FILE = "keyring", "file"
FIELDS = (
    Field("name", "name", hint="what settings and channels call it", example="smtp"),
    Field("value", "value", Kind.MASKED, "the secret itself: not shown here, never shown again"),
    Field("again", "again", Kind.MASKED, "the same once more"),
    Field("place", "kept in", Kind.CHOICE, "keyring: the system encrypts it; file: 0600, not encrypted",
          choices=(KEYRING, FILE)),
)  # fmt: skip


class SecretsScreen(EntriesScreen):
    """A row is a name; what stands in its `text` is the place that the engine finds it at."""

    page: ClassVar[str] = "secrets"
    noun: ClassVar[str] = "secret"
    empty: ClassVar[str] = "no secret is known: + keeps one"
    columns: ClassVar[Sequence[Column]] = (
        Column("name", "SECRET", 16, priority=20, grow=1),
        Column("place", "FOUND IN", 24, priority=19, grow=2),
        Column("used", "USED BY", 16, priority=18, grow=2),
    )

    async def load(self) -> dict[str, Declared]:
        operations = self.console.operations
        used: dict[str, list[str]] = {}
        for each in (await operations.in_force()).entries:
            if each.kind == "channel" and not fault_of(each.kind, each.text):
                for _, ref in channel_from_json(each.text).secrets:
                    used.setdefault(ref.name, []).append(each.name)
        self._used = used
        found = {each.name: each.place for each in await operations.secrets()}
        names: dict[str, str] = {**dict.fromkeys(used, ""), **found}
        return {name: Declared("secret", name, place, Origin.STORE) for name, place in names.items()}

    def cells(self, entry: Declared) -> Sequence[Cell]:
        place = Cell(entry.text, "muted") if entry.text else Cell("nowhere yet: e keeps it", "error")
        return (Cell(entry.name), place, Cell(", ".join(self._used.get(entry.name, ())) or wording.NOTHING, "muted"))

    def about(self, entry: Declared) -> Sequence[Parts]:
        used = ", ".join(self._used.get(entry.name, ())) or "no channel"
        found = (entry.text or "nowhere", "" if entry.text else "error")
        return [labelled("found in", found), labelled("used by", (used, ""))]

    def open_form(self, entry: Declared | None) -> None:
        self.console.push_screen(SecretForm(entry.name if entry else ""))

    async def loss(self, entry: Declared) -> str:
        used = self._used.get(entry.name, ())
        return f"{', '.join(used)} cannot deliver without it." if used else "No channel uses it."

    async def forget(self, entry: Declared) -> None:
        await self.console.operations.forget_secret(entry.name, self.console.options.actor)


class SecretForm(FormScreen):
    """Keeps a secret at the engine, which is who must find it again; see Operations.keep_secret for why."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self._asked_for = name

    def heading(self) -> str:
        return f"Set secret {self._asked_for}" if self._asked_for else "New secret"

    def fields(self) -> Sequence[Field]:
        return FIELDS

    def given(self) -> Mapping[str, str]:
        return {"name": self._asked_for, "value": "", "again": "", "place": KEYRING}

    def on_mount(self) -> None:
        super().on_mount()
        if self._asked_for:
            self.form.start("value")

    def judge(self, values: Mapping[str, str]) -> Mapping[str, str]:
        wrong: dict[str, str] = {key: "is needed" for key in ("name", "value") if not values[key]}
        if values["name"]:
            wrong |= _unfit(values["name"])
        if values["value"] and values["again"] != values["value"]:
            wrong["again"] = "is not the same"
        return wrong

    async def store(self, values: Mapping[str, str]) -> str:
        kept = await self.console.operations.keep_secret(
            values["name"], Secret(values["value"]), values["place"] == FILE, self.console.options.actor
        )
        warning = f"; {kept.warning}" if kept.warning else ""
        return f"kept {values['name']} in {kept.place}{warning}"


def _unfit(name: str) -> dict[str, str]:
    try:
        secret_name(name)
    except ValueError as error:
        return {"name": str(error)}
    return {}
