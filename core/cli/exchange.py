"""`vedette import` and `export`: other people's target files in, ours out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from core.cli.output import Progress, note, say
from core.cli.place import Place, acting, reading
from core.errors import ConflictError, SecretError
from core.model.secret import Secret
from core.model.target import Origin, Target
from core.ports import Entry
from core.schedule.cron import Cron
from core.secrets import SecretStore
from core.settings.foreign import Imported, read_foreign
from core.settings.load import Checks, load
from core.settings.stored import channel_from_json, channel_to_json, rule_from_json, rule_to_json
from core.settings.values import ChannelSettings, Settings
from core.settings.write import export_json, export_toml
from core.store.open import Store, prepare_directory

LARGEST_FILE = 64 * 1024 * 1024
_AT_ONCE = 500


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--secrets-in-file", is_flag=True, help="Keep its secrets in a 0600 file when there is no keyring.")
@click.option("--dry-run", is_flag=True, help="Only say what would come in.")
@click.pass_obj
def import_(place: Place, file: Path, secrets_in_file: bool, dry_run: bool) -> int:
    """Take in targets, rules and channels: our export, either foreign JSON shape, CSV, or one URL a line."""
    if file.stat().st_size > LARGEST_FILE:
        raise click.UsageError(f"{file} is larger than {LARGEST_FILE} bytes")
    imported = read_foreign(file.read_text(encoding="utf-8"), str(file), Cron.parse, asyncio.run(_mail(place)))
    for sentence in imported.notes:
        note(f"note: {sentence}")
    if not dry_run:
        _keep_secrets(place, imported.secrets, secrets_in_file)
        asyncio.run(_enter(place, imported))
    did = "would import" if dry_run else "imported"
    say(
        f"{did} {len(imported.targets)} targets, {len(imported.rules)} rules, {len(imported.channels)} channels, "
        f"{len(imported.secrets)} secrets"
    )
    return 0


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
@click.option("--json", "as_json", is_flag=True, help="JSON instead of TOML.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; standard output else.")
@click.pass_obj
def export(place: Place, as_json: bool, out: Path | None) -> int:
    """Settings and all targets as one document that reads back the same; secrets as references only."""
    settings = asyncio.run(whole(place))
    text = export_json(settings) if as_json else export_toml(settings)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        out.write_text(text, encoding="utf-8")
        note(f"wrote {out}")
    return 0


async def whole(place: Place) -> Settings:
    """The file's settings together with what is kept in the store."""
    file = place.settings_file()
    settings = load(file, place.environ, Checks(cron=Cron.parse)) if file else Settings()
    if not (place.data / "vedette.db").exists():
        return settings
    async with reading(place) as store:
        targets = await _stored_targets(store)
        entries = await store.reader.entries()
    channels = [channel_from_json(each.text) for each in entries if each.kind == "channel"]
    rules = [rule_from_json(each.text) for each in entries if each.kind == "rule"]
    return replace(
        settings,
        targets=(*settings.targets, *targets),
        channels=(*settings.channels, *channels),
        rules=(*settings.rules, *rules),
    )


async def _stored_targets(store: Store) -> list[Target]:
    loaded = await store.reader.load()
    return [target for target in loaded.targets if target.origin is Origin.STORE]
