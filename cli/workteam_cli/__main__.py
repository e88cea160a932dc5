"""The command line; composition root of every command. Commands are imported only when they are called."""

import errno
import importlib
import os
import sys
from collections.abc import Sequence

import click
from rich.markup import escape

from workteam_cli.output import Exit, Problem, progress_console

COMMANDS = {
    "demo": "the whole path on this machine, with a sample directory",
    "dev": "run everything on this machine",
    "rehearse": "play Microsoft Entra's provisioning service against a Base URL",
    "settings": "show a tenant's SCIM Settings: Base URL, Bearer Tokens, Token Endpoint and clients",
    "token": "make, list, rotate and revoke Bearer Tokens",
    "client": "make, list, rotate and revoke OAuth clients",
    "status": "show a tenant's Current Status: who is in sync, what waits and why",
    "requests": "show what Entra asked of a tenant lately, and what came of it",
    "get": "show one user or group by any of its names",
    "explain": "tell what happened to one person, from Entra's request to the account",
    "plan": "show what would be done in Workteam, in mode Plan",
    "adopt": "show which existing accounts wait to be adopted, and confirm them",
    "grant": "give one user the access back that was taken away in Workteam",
    "release": "let losses of access go that the budget holds",
    "pause": "stop changing anything in Workteam, for some users and groups or a whole tenant",
    "resume": "go on with what was paused",
    "resync": "compare some users and groups, or a whole tenant, with Workteam now",
    "abandon": "let go what is left of a tenant that is no more, without a call",
    "export": "write a tenant's objects into files, for Git",
    "diff": "compare such files with the cluster",
    "tenant": "look into a stand-in Workteam tenant",
}
"""Name and one line of help; the command itself is ``workteam_cli.commands.NAME:NAME``."""

UNPRINTABLE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE}
"""What the place where results go may answer; where a file is written, the command says so itself."""

MODULES = {"token": "tokens", "resume": "pause", "resync": "pause"}
"""Modules that are not named as their command: ``token`` is the standard library's, and siblings share one."""


class Commands(click.Group):
    """A group that imports a command when it is asked for, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Name all commands, in the order of the list above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command, or return None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"workteam_cli.commands.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List names and help lines without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="workteam-operator")
def cli() -> None:
    """Microsoft Entra ID provisions users and groups into Workteam, through Kubernetes custom resources."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; every expected fault becomes one sentence on stderr and a documented exit code."""
    try:
        code = cli.main(args=arguments, prog_name="workteam", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE if isinstance(error, click.UsageError) else Exit.FAILED)
    except Problem as problem:
        progress_console().print(f"[bold red]error:[/] {escape(str(problem))}", soft_wrap=True)
        sys.exit(problem.code)
    except OSError as error:
        if error.errno not in UNPRINTABLE:
            raise
        sys.exit(_unprinted(error))
    sys.exit(code if isinstance(code, int) else Exit.OK)


def _unprinted(error: OSError) -> Exit:
    """Say that the result cannot be written, unless its reader is gone; what is left of it is dropped."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries once more as it ends
    if error.errno != errno.EPIPE:
        sentence = f"The result cannot be written ({error.strerror}): make room, or send it elsewhere."
        progress_console().print(f"[bold red]error:[/] {escape(sentence)}", soft_wrap=True)
    return Exit.CANNOT_WRITE


if __name__ == "__main__":
    main()
