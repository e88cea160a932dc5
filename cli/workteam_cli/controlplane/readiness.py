"""Wait until a process serves, or say why it does not."""

import ssl
import time
from pathlib import Path

import httpx

from workteam_cli.controlplane.known import Known
from workteam_cli.output import Exit, Problem


def wait_until_ready(
    name: str,
    url: str,
    process: Known,
    log: Path,
    *,
    ca: Path | None = None,
    token: str | None = None,
    seconds: float = 120,
) -> None:
    """Ask ``url`` until it answers 200; Problem if the process ends or the time is over. ``ca`` may appear later."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not process.alive:
            raise Problem(f"{name} ended while it started: {last_words(log)} (the whole log is {log}).", Exit.FAILED)
        if answers(url, ca, token):
            return
        time.sleep(0.05)
    raise Problem(f"{name} did not become ready within {seconds:.0f} s; its log is {log}.", Exit.UNAVAILABLE)


def answers(url: str, ca: Path | None = None, token: str | None = None) -> bool:
    """Whether ``url`` answers 200 now."""
    try:
        trust = ssl.create_default_context(cafile=str(ca)) if ca else True
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(verify=trust, timeout=2, trust_env=False, headers=headers) as client:
            return client.get(url).status_code == httpx.codes.OK
    except (httpx.TransportError, OSError):
        return False


def last_words(log: Path) -> str:
    """The last line that a process wrote, shortened."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return "it wrote nothing"
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it wrote nothing")
