"""`vedette secret`: put, list and remove the secrets that settings name."""

from __future__ import annotations

import sys

import click

from core.cli.output import Column, note, output_option, say, say_json, say_list
from core.cli.place import Place
from core.errors import SecretError
from core.model.secret import Secret
from core.secrets import SecretStore
from core.store.open import prepare_directory


@click.group()
def secret() -> None:
    """The secrets that settings name.

    They come from the environment, a mounted file, a systemd credential, the OS keyring or, asked for, a 0600 file.
    """


@secret.command("set")
@click.argument("name")
@click.option("--file", "in_file", is_flag=True, help="Keep it in a 0600 file of the data directory, unencrypted.")
@output_option()
@click.pass_obj
def set_(place: Place, name: str, in_file: bool, output: str) -> int:
    """Keep a secret under NAME.

    The value is asked for, or read from standard input where that is no terminal.
    """
    if sys.stdin.isatty():
        value = click.prompt(f"value of {name}", hide_input=True, err=True)
    else:
        value = sys.stdin.read().rstrip("\n")
    if not value:
        raise SecretError(f"secret '{name}': no value was given")
    prepare_directory(place.data)
    stored = SecretStore(place.environ, place.data).set(name, Secret(value), in_file=in_file)
    if output == "json":
        say_json({"schema": 1, "name": name, "place": stored.place})
    else:
        say(f"kept {name} in {stored.place}")
    if stored.warning:
        note(f"warning: {stored.warning}")
    return 0


_COLUMNS = (Column("NAME", lambda record: record["name"], 64), Column("PLACE", lambda record: record["place"], 100))


@secret.command("ls")
@output_option(csv_too=True)
@click.pass_obj
def ls(place: Place, output: str) -> int:
    """The names of secrets and where each is found; never their values."""
    found = SecretStore(place.environ, place.data).ls()
    items = [{"name": each.name, "place": each.place} for each in found]
    say_list(items, _COLUMNS, output, items)
    return 0


@secret.command("rm")
@click.argument("name")
@output_option()
@click.pass_obj
def rm(place: Place, name: str, output: str) -> int:
    """Remove a secret from the keyring and the file."""
    places = SecretStore(place.environ, place.data).rm(name)
    if output == "json":
        say_json({"schema": 1, "name": name, "places": places})
        return 0
    for where in places:
        say(f"removed {name} from {where}")
    return 0
