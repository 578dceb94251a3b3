"""`vedette fingerprints`: which technologies are recognised, and what an operator's own file would add."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.output import Column, output_option, say_list
from core.errors import NotYetError
from core.scan.technology.fingerprints import Fingerprint, built_in


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
)


@fingerprints.command("ls")
@output_option(csv_too=True)
def ls(output: str = "table") -> int:
    """List the fingerprints with their categories."""
    known = sorted(built_in(), key=lambda each: each.name.lower())
    items = [_item(each) for each in known]
    say_list(items, _COLUMNS, output, items)
    return 0


def _item(fingerprint: Fingerprint) -> dict[str, object]:
    versioned = any(rule.pattern.version for rule in fingerprint.rules)
    return {"name": fingerprint.name, "categories": list(fingerprint.categories), "version": versioned}


@fingerprints.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> int:
    """Add an operator's own file."""
    raise NotYetError(f"fingerprints import {file.name}")
