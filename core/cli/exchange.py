"""`vedette import` and `export`: other people's target files in, ours out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from core.cli.files import replace_file
from core.cli.output import Progress, note, output_option, say, say_json
from core.cli.place import Place, acting, reading
from core.engine.checks import checks
from core.errors import ConflictError, SecretError, VedetteError
from core.model.secret import Secret
from core.model.target import Origin, Target
from core.ports import Entry
from core.schedule.cron import Cron
from core.secrets import SecretStore
from core.settings.foreign import Imported, read_foreign
from core.settings.load import load
from core.settings.stored import channel_from_json, channel_to_json, fault_of, rule_from_json, rule_to_json
from core.settings.values import ChannelSettings, Settings
from core.settings.write import export_json, export_toml
from core.store.open import Store, prepare_directory
from core.text import safe, unreadable

LARGEST_FILE = 64 * 1024 * 1024
_AT_ONCE = 500


@click.command("import")
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--secrets-in-file", is_flag=True, help="Keep its secrets in a 0600 file when there is no keyring.")
@click.option("--dry-run", is_flag=True, help="Only say what would come in.")
@output_option()
@click.pass_obj
def import_(place: Place, file: Path, secrets_in_file: bool, dry_run: bool, output: str) -> int:
    """Take in other people's targets.

    FILE is our own export, either foreign JSON shape, CSV with a head line, or one URL a line; - reads standard input.
    """
    imported = read_foreign(_content(file), str(file), Cron.parse, asyncio.run(_mail(place)))
    for sentence in imported.notes:
        note(f"note: {sentence}")
    if not dry_run:
        _keep_secrets(place, imported.secrets, secrets_in_file)
        asyncio.run(_enter(place, imported))
    counts = {
        "targets": len(imported.targets),
        "rules": len(imported.rules),
        "channels": len(imported.channels),
        "secrets": len(imported.secrets),
    }
    if output == "json":
        say_json({"schema": 1, "dry_run": dry_run, **counts, "notes": [safe(each) for each in imported.notes]})
    else:
        did = "would import" if dry_run else "imported"
        say(f"{did} {', '.join(f'{count} {what}' for what, count in counts.items())}")
    return 0


def _content(file: Path) -> str:
    """The text of a file, or of standard input for `-`."""
    try:
        with click.open_file(str(file), "rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise click.UsageError(f"{file} is larger than {LARGEST_FILE} bytes")
        return bytes(content).decode("utf-8-sig")
    except OSError as error:
        raise VedetteError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise VedetteError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None


async def _mail(place: Place) -> ChannelSettings | None:
    """A mail channel that is here already, for recipients that come without a server."""
    settings = await whole(place)
    return next((each for each in settings.channels if each.type == "email"), None)


def _keep_secrets(place: Place, secrets: Sequence[tuple[str, Secret]], in_file: bool) -> None:
    prepare_directory(place.data)
    store = SecretStore(place.environ, place.data)
    for name, value in secrets:
        try:
            kept = store.set(name, value, in_file=in_file)
        except SecretError as error:
            raise SecretError(f"{error}; import again with --secrets-in-file, or set up a keyring") from error
        if kept.warning:
            note(f"warning: {kept.warning}")


async def _enter(place: Place, imported: Imported) -> None:
    entries = [Entry("channel", each.name, channel_to_json(each)) for each in imported.channels]
    entries += [Entry("rule", each.name, rule_to_json(each)) for each in imported.rules]
    async with acting(place) as operations:
        if entries:
            await operations.enter(entries, place.actor())
        progress = Progress("importing", len(imported.targets))
        try:
            for start in range(0, len(imported.targets), _AT_ONCE):
                progress.at(start)
                await operations.add_targets(imported.targets[start : start + _AT_ONCE], place.actor())
        except ConflictError as error:
            raise ConflictError(f"{error}; nothing of this file's remaining targets was added") from error
        finally:
            progress.end()


@click.command()
@click.option(
    "-o", "--output", type=click.Choice(["toml", "json"]), default="toml", show_default=True, help="How to write."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; standard output else.")
@click.pass_obj
def export(place: Place, output: str, out: Path | None) -> int:
    """Settings and all targets as one document.

    It reads back the same, with `import` or as settings file. Secrets stand in it by their names only.
    """
    settings = asyncio.run(whole(place))
    text = export_json(settings) if output == "json" else export_toml(settings)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        replace_file(out, text, 0o600)
        note(f"wrote {out}")
    return 0


async def whole(place: Place) -> Settings:
    """The file's settings together with what is kept in the store; of two by one name the file's counts."""
    file = place.settings_file()
    targets: list[Target] = []
    entries: list[Entry] = []
    if (place.data / "vedette.db").exists():
        async with reading(place) as store:
            targets = await _stored_targets(store)
            entries = await store.reader.entries()
    warn_of_unreadable(entries)
    entries = [each for each in entries if not fault_of(each.kind, each.text)]
    channels = [channel_from_json(each.text) for each in entries if each.kind == "channel"]
    settings = load(file, place.environ, checks([each.name for each in channels])) if file else Settings()
    rules = [rule_from_json(each.text) for each in entries if each.kind == "rule"]
    declared = {each.name for each in settings.channels}, {each.name for each in settings.rules}
    return replace(
        settings,
        targets=(*settings.targets, *targets),
        channels=(*settings.channels, *(each for each in channels if each.name not in declared[0])),
        rules=(*settings.rules, *(each for each in rules if each.name not in declared[1])),
    )


def warn_of_unreadable(entries: Sequence[Entry]) -> None:
    """Say on standard error which entries of the store are left out, and why."""
    for each in entries:
        if fault := fault_of(each.kind, each.text):
            note(f"warning: {each.kind} '{each.name}' is left out: {unreadable(fault)}")


async def _stored_targets(store: Store) -> list[Target]:
    loaded = await store.reader.load()
    mine = [target for target in loaded.targets if target.origin is Origin.STORE]
    for each in mine:
        if each.fault:
            note(f"warning: target '{each.name}' is left out: {unreadable(each.fault)}")
    return [target for target in mine if not target.fault]
