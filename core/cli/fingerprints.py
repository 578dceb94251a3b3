"""`vedette fingerprints`: which technologies are recognised, and what an operator's own files add."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from core.cli.files import replace_file
from core.cli.output import Column, note, output_option, say, say_list
from core.cli.place import Place
from core.errors import VedetteError
from core.scan.pool import FINGERPRINTS
from core.scan.technology.fingerprints import Fingerprint, built_in
from core.scan.technology.imported import beside_ours, imported
from core.scan.technology.importer import load_foreign
from core.store.open import prepare_directory


@click.group(invoke_without_command=True)
@output_option(csv_too=True)
@click.pass_context
def fingerprints(context: click.Context, output: str) -> int | None:
    """The technologies that scans recognise."""
    if context.invoked_subcommand is None:
        result: int = context.invoke(ls, output=output)
        return result
    return None


_COLUMNS = (
    Column("TECHNOLOGY", lambda record: record["name"], 40),
    Column("CATEGORIES", lambda record: ", ".join(record["categories"]), 60),
    Column("VERSION", lambda record: "yes" if record["version"] else ""),
    Column("ORIGIN", lambda record: record["origin"]),
)


@fingerprints.command("ls")
@output_option(csv_too=True)
@click.pass_obj
def ls(place: Place, output: str = "table") -> int:
    """List the fingerprints with their categories, and whether they are built in or imported."""
    ours = {each.name for each in built_in()}
    known = sorted(beside_ours(imported(place.data / FINGERPRINTS)), key=lambda each: each.name.lower())
    items = [_item(each, "built in" if each.name in ours else "imported") for each in known]
    say_list(items, _COLUMNS, output, items)
    return 0


def _item(fingerprint: Fingerprint, origin: str) -> dict[str, object]:
    return {
        "name": fingerprint.name,
        "categories": list(fingerprint.categories),
        "version": any(rule.pattern.version for rule in fingerprint.rules),
        "origin": origin,
    }


@fingerprints.command("import")
@click.argument("source", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.pass_obj
def import_(place: Place, source: Path) -> int:
    """Add an operator's own file, or a folder of them, in the shape of npm wappalyzer.

    The files are copied into the data directory's folder `fingerprints`, where a file of the same name is replaced;
    delete it there to be rid of it. Scans use them from their next look on, which reports no change.
    """
    files = _files(source)
    foreign = load_foreign(files)
    if not foreign.fingerprints and not any(path.name == "categories.json" for path in files):
        raise VedetteError(f"{source}: there are no fingerprints in it")
    _copy(source, files, place.data)
    ours = {each.name for each in built_in()}
    taken = [each for each in foreign.fingerprints if each.name not in ours]
    say(f"imported {_counted(len(taken), 'fingerprint')} from {_counted(len(files), 'file')}")
    if foreign.skipped:
        say("skipped: " + ", ".join(f"{field} {count:,}" for field, count in sorted(foreign.skipped.items())))
    _say_doubles(each.name for each in foreign.fingerprints if each.name in ours)
    return 0


def _files(source: Path) -> list[Path]:
    files = sorted(source.rglob("*.json")) if source.is_dir() else [source]
    if not files:
        raise VedetteError(f"{source}: there is no .json file in it")
    return files


def _copy(source: Path, files: Iterable[Path], data: Path) -> None:
    prepare_directory(data)
    folder = data / FINGERPRINTS
    prepare_directory(folder)
    for path in files:
        parts = path.relative_to(source).parts if source.is_dir() else (path.name,)
        name = "-".join(parts)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise VedetteError(f"{path} cannot be read: {error.strerror}") from error
        replace_file(folder / (name if name.endswith(".json") else f"{name}.json"), text, 0o600)


def _say_doubles(names: Iterable[str]) -> None:
    known = sorted(names, key=str.casefold)
    if known:
        note(f"built in already, and stays as it is: {', '.join(known)}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
