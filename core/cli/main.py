"""The command line's root: finds the command, turns mistakes into sentences and exit codes.

Command modules are imported when they are called, so that `vedette when` starts without the engine's libraries.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from core.cli.output import note
from core.cli.place import Place
from core.errors import NotYetError, VedetteError
from core.version import VERSION

COMMANDS = {
    "run": "run:run",
    "scan": "look:scan",
    "diff": "look:diff",
    "add": "targets:add",
    "ls": "lists:ls",
    "show": "targets:show",
    "edit": "targets:edit",
    "rm": "targets:rm",
    "pause": "targets:pause",
    "resume": "targets:resume",
    "import": "exchange:import_",
    "export": "exchange:export",
    "when": "when:when",
    "why": "explain:why",
    "why-not": "explain:why_not",
    "ack": "alerts:ack",
    "resolve": "alerts:resolve",
    "verdict": "alerts:verdict",
    "deliveries": "alerts:deliveries",
    "rules": "rules:rules",
    "report": "reports:report",
    "secret": "secret:secret",
    "config": "config:config",
    "check-config": "config:check_config",
    "fingerprints": "fingerprints:fingerprints",
    "status": "run:status",
}
NOT_YET = (
    "demo", "silence", "comment", "escalate", "schema", "metric", "user", "key", "backup", "restore", "verify",
    "doctor", "drill", "print",
)  # fmt: skip


class _Root(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in NOT_YET:
            raise NotYetError(f"vedette {cmd_name}")
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(f"core.cli.{module}"), attribute)
        return command


@click.group(cls=_Root, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="DIR", help="Data directory [env: VEDETTE_DATA].")
@click.option("--config", "settings", metavar="FILE", help="Settings file [env: VEDETTE_CONFIG].")
@click.version_option(VERSION, prog_name="vedette")
@click.pass_context
def root(ctx: click.Context, data: str | None, settings: str | None) -> None:
    """Watches websites, says what changed and whether it matters, and tells people."""
    ctx.obj = Place.of(data, settings, os.environ)
    if ctx.invoked_subcommand is None:
        raise NotYetError("the console (try `vedette run` or `vedette --help`)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of product.md."""
    try:
        result = root.main(args=_places_first(arguments), prog_name="vedette", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except VedetteError as error:
        note(f"vedette: {error}")
        return error.exit_code
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        note("vedette: stopped")
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it at its end
        return 0


def _places_first(arguments: Sequence[str] | None) -> list[str]:
    """`--data` and `--config` hold everywhere, also behind the command: move them before it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    ours: list[str] = []
    rest: list[str] = []
    while given:
        word = given.pop(0)
        if word == "--":
            rest += [word, *given]
            break
        if word in ("--data", "--config") and given:
            ours += [word, given.pop(0)]
        elif word.startswith(("--data=", "--config=")):
            ours.append(word)
        else:
            rest.append(word)
    return ours + rest
