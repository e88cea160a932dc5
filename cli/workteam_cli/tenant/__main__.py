"""``python -m workteam_cli.tenant``: a stand-in Workteam tenant as a process of its own, until SIGTERM."""

import sys
from pathlib import Path

import click

from workteam_cli.output import Exit, Problem
from workteam_cli.tenant.application import Settings, serve
from workteam_cli.tenant.profiles import Profile
from workteam_cli.tenant.workteam import Tokens


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="On loopback; 0 is any.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of its files.")
@click.option("--profile", type=click.Choice([str(profile) for profile in Profile]), default="full", show_default=True)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="First line: the bearer token. Second line, if any: one without Admin permission.",
)
def tenant(port: int, home: Path, profile: str, token_file: Path) -> None:
    """Run scim2-server's reference application as the Workteam tenant; print its base URL when it answers."""
    serve(Settings(home, Profile(profile), read_tokens(token_file), port), click.echo)


def read_tokens(path: Path) -> Tokens:
    """Read the tokens of a tenant; raises ``Problem`` (no input, bad file) if there are none."""
    try:
        lines = path.read_text().split()
    except OSError as error:
        raise Problem(f"cannot read the token file {path}: {error.strerror}", Exit.NO_INPUT) from error
    if not 1 <= len(lines) <= 2:  # noqa: PLR2004 - the administrator's, and one without the permission
        raise Problem(f"{path} must hold one token, or two on lines of their own", Exit.BAD_FILE)
    return Tokens(*lines)


def main() -> None:
    """Run, and turn every expected fault into one sentence."""
    try:
        tenant.main(prog_name="python -m workteam_cli.tenant", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except Problem as problem:
        click.echo(f"error: {problem}", err=True)
        sys.exit(problem.code)


if __name__ == "__main__":
    main()
