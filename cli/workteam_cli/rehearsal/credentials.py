"""Where Base URL, token and trusted certificates come from: command line, environment, or the running dev stack."""

import os
import ssl
from pathlib import Path

from workteam_cli.dev_stack import dev_home, running_stack
from workteam_cli.output import Exit, Problem


def credentials(base_url: str | None, token: str | None, token_file: Path | None, *, dry_run: bool) -> tuple[str, str]:
    """Take Base URL and token from the command line, the environment, or the running dev stack."""
    given = token or _token_in(token_file) or os.environ.get("WORKTEAM_TOKEN")
    if base_url and (given or dry_run):
        return base_url, _plausible(given or "none")
    stack = running_stack()
    known = stack.scim if stack else None
    if base_url and (known is None or known.base_url != base_url):
        raise Problem("No token is given; use --token-file FILE or the variable WORKTEAM_TOKEN.", Exit.USAGE)
    url, secret = base_url or (known and known.base_url), given or (known and known.token)
    if not url and dry_run:
        url, secret = "https://scim.invalid/scim/v2", "none"
    if not url or not secret:
        raise Problem(
            f"No --base-url is given, and no stack runs in {dev_home()}; start one by: workteam dev up.", Exit.USAGE
        )
    return url, _plausible(secret)


def _token_in(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        raise Problem(f"The token file {file} cannot be read; check its name and permissions.", Exit.NO_INPUT) from None


def _plausible(token: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise Problem("The token has characters that no Bearer Token has; copy it again, in one line.", Exit.USAGE)
    return token


def trust(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Trust the authorities of a file, else the public ones. Raises ``Problem`` (66)."""
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError:  # ssl.SSLError is one too
        raise Problem(f"{ca_file} holds no certificates that can be read; give a PEM file.", Exit.NO_INPUT) from None
