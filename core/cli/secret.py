"""`vedette secret`: put, list and remove the secrets that settings name."""

from __future__ import annotations

import sys

import click

from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place
from core.errors import SecretError
from core.model.secret import Secret
from core.secrets import SecretStore
from core.store.open import prepare_directory


@click.group()
def secret() -> None:
    """Secrets by name: from the environment, a mounted file, a systemd credential, the OS keyring, or a 0600 file."""


@secret.command("set")
@click.argument("name")
@click.option("--file", "in_file", is_flag=True, help="Keep it in a 0600 file of the data directory, unencrypted.")
@click.pass_obj
def set_(place: Place, name: str, in_file: bool) -> int:
    """Keep a secret under NAME; the value is asked for, or read from standard input."""
    if sys.stdin.isatty():
        value = click.prompt(f"value of {name}", hide_input=True, err=True)
    else:
        value = sys.stdin.read().rstrip("\n")
    if not value:
        raise SecretError(f"secret '{name}': no value was given")
    prepare_directory(place.data)
    stored = SecretStore(place.environ, place.data).set(name, Secret(value), in_file=in_file)
    say(f"kept {name} in {stored.place}")
    if stored.warning:
        note(f"warning: {stored.warning}")
    return 0


@secret.command("ls")
@output_option()
@click.pass_obj
def ls(place: Place, output: str) -> int:
    """The names of secrets and where each is found; never their values."""
    found = SecretStore(place.environ, place.data).ls()
    if output == "json":
        say_json({"schema": 1, "items": [{"name": each.name, "place": each.place} for each in found]})
        return 0
    for each in found:
        say(f"{each.name}  {each.place}")
    return 0


@secret.command("rm")
@click.argument("name")
@click.pass_obj
def rm(place: Place, name: str) -> int:
    """Remove a secret from the keyring and the file."""
    for where in SecretStore(place.environ, place.data).rm(name):
        say(f"removed {name} from {where}")
    return 0
