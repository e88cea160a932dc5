"""Where Base URL, token and trusted certificates come from: command line, environment, or the running dev stack."""

import json
import os
import ssl
from pathlib import Path
from typing import Any

from workteam_cli.output import Exit, Problem


def credentials(base_url: str | None, token: str | None, token_file: Path | None, *, dry_run: bool) -> tuple[str, str]:
    """Take Base URL and token from the command line, the environment, or the running dev stack."""
    given = token or _token_in(token_file) or os.environ.get("WORKTEAM_TOKEN")
    if base_url and (given or dry_run):
        return base_url, _plausible(given or "none")
    home = Path(os.environ.get("WORKTEAM_DEV_HOME", ".dev"))
    stack = _stack(home / "stack.json")
    if base_url and stack.get("baseURL") != base_url:
        raise Problem("No token is given; use --token-file FILE or the variable WORKTEAM_TOKEN.", Exit.USAGE)
    url, secret = base_url or stack.get("baseURL"), given or stack.get("token")
    if not url and dry_run:
        url, secret = "https://scim.invalid/scim/v2", "none"
    if not isinstance(url, str) or not isinstance(secret, str):
        raise Problem(
            f"No --base-url is given, and no stack runs in {home}; start one by: workteam dev up.", Exit.USAGE
        )
    return url, _plausible(secret)


def _stack(file: Path) -> dict[str, Any]:
    """Read what ``workteam dev up`` recorded; empty if no stack is up."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise Problem(f"{file} cannot be read; run workteam dev up again, or give --base-url.", Exit.BAD_FILE) from None
    return found if isinstance(found, dict) else {}


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
