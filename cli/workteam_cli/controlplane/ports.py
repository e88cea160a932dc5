"""Free ports on loopback."""

import random
import socket

from workteam_cli.output import Exit, Problem

LOOPBACK = "127.0.0.1"
CHOICE = range(20_000, 32_000)
"""Below the ports that outgoing connections take, so that a process that is started again finds its port free."""


def free_port() -> int:
    """A port of loopback on which nothing listens, at random, so that parallel sessions seldom meet."""
    for _ in range(200):
        port = random.choice(CHOICE)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    raise Problem(f"No free port was found between {CHOICE.start} and {CHOICE.stop} on {LOOPBACK}.", Exit.BUSY)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(name: str, port: int) -> None:
    """Raise Problem if the port of a process that is to be started is taken."""
    if not is_free(port):
        raise Problem(
            f"Port {port} of {name} is in use by another program: end that program, or choose another home with "
            f"WORKTEAM_DEV_HOME.",
            Exit.BUSY,
        )
