"""The command line's root: finds the command, turns mistakes into sentences and exit codes.

Command modules are imported when they are called, so that `vedette when` starts without the engine's libraries.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence

import click

from core.cli.console import CONSOLE, Console
from core.cli.fault import InternalError, keep
from core.cli.output import note
from core.cli.place import Place
from core.errors import NotYetError, VedetteError
from core.text import nearest
from core.version import VERSION

GROUPS = {
    "Watch": {
        "run": "run:run",
        "status": "run:status",
        "report": "reports:report",
        "demo": "demo:demo",
    },
    "Look": {
        "scan": "look:scan",
        "diff": "look:diff",
        "when": "when:when",
        "fingerprints": "fingerprints:fingerprints",
    },
    "Targets": {
        "add": "targets:add",
        "ls": "lists:ls",
        "show": "targets:show",
        "edit": "targets:edit",
        "rm": "targets:rm",
        "pause": "targets:pause",
        "resume": "targets:resume",
        "import": "exchange:import_",
        "export": "exchange:export",
    },
    "Changes and alerts": {
        "why": "explain:why",
        "why-not": "explain:why_not",
        "ack": "alerts:ack",
        "resolve": "alerts:resolve",
        "verdict": "alerts:verdict",
        "deliveries": "alerts:deliveries",
        "rules": "rules:rules",
    },
    "Settings": {
        "check-config": "config:check_config",
        "doctor": "doctor:doctor",
        "config": "config:config",
        "secret": "secret:secret",
    },
}
COMMANDS = {name: where for group in GROUPS.values() for name, where in group.items()}
NOT_YET = (
    "silence", "comment", "escalate", "schema", "metric", "user", "key", "backup", "restore", "verify",
    "drill", "print",
)  # fmt: skip


class _Root(click.Group):
    """Commands by noun, imported one by one, and the border at which a bug becomes a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in NOT_YET:
            raise NotYetError(f"vedette {cmd_name}")
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(f"core.cli.{module}"), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        meant = nearest(args[0], COMMANDS)
        if args[0] not in COMMANDS and args[0] not in NOT_YET and meant and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command '{args[0]}'; did you mean '{meant}'?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            room = formatter.width - 6 - longest
            rows = [(name.ljust(longest), command.get_short_help_str(room)) for name, command in commands if command]
            with formatter.section(title):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return _unread()
        except (VedetteError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # the process's border: kept whole in a file, told in a sentence
            place = ctx.obj if isinstance(ctx.obj, Place) else None
            raise InternalError(error, keep(place.data if place else None, error)) from error


@click.group(
    cls=_Root,
    invoke_without_command=True,
    subcommand_metavar="COMMAND …",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--data", metavar="DIR", help="Data directory [env: VEDETTE_DATA].")
@click.option("--config", "settings", metavar="FILE", help="Settings file [env: VEDETTE_CONFIG].")
@click.option("--readonly", "console", flag_value="readonly", multiple=True, help="Console: change nothing.")
@click.option("--slow", "console", flag_value="slow", multiple=True, help="Console: send fewer bytes.")
@click.option("--ascii", "console", flag_value="ascii", multiple=True, help="Console: draw with ASCII only.")
@click.option(
    "--no-mouse", "console", flag_value="no-mouse", multiple=True, help="Console: leave the terminal its mouse."
)
@click.option("--theme", metavar="NAME", help="Console: its theme [env: VEDETTE_THEME].")
@click.version_option(VERSION, "--version", prog_name="vedette")
@click.pass_context
def root(ctx: click.Context, data: str | None, settings: str | None, console: Sequence[str], theme: str | None) -> int:
    """Watches websites, says what changed and whether it matters, and tells people.

    Without a command it opens the console, which runs the engine or attaches to the one that runs.
    """
    show: Console | None = ctx.obj
    ctx.obj = Place.of(data, settings, os.environ)
    ctx.meta[CONSOLE] = show
    if ctx.invoked_subcommand is None:
        if show is None:
            raise NotYetError("the console (try `vedette run` or `vedette --help`)")
        return show(ctx.obj, console, theme or "")
    if console or theme:
        raise click.UsageError(f"these options are the console's, not those of `{ctx.invoked_subcommand}`", ctx)
    return 0


# What libraries log would go to standard error, which a console paints on, for want of a handler.
_UNHEARD = logging.NullHandler()


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run one command, or `console` where none is named; the exit code of product.md."""
    logging.getLogger().addHandler(_UNHEARD)
    try:
        result = root.main(args=_places_first(arguments), prog_name="vedette", standalone_mode=False, obj=console)
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
        return 130


def _unread() -> int:
    """Nobody reads on, as in `vedette ls | head -1`: nothing is wrong, and the interpreter's last flush is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
        if word in ("--data", "--config"):
            if not given:
                raise click.UsageError(f"{word} wants a value")
            ours += [word, given.pop(0)]
        elif word.startswith(("--data=", "--config=")):
            ours.append(word)
        else:
            rest.append(word)
    return ours + rest
