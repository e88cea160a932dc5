"""A guard beside a starter of processes: ``python -m workteam_cli.controlplane.guard``.

It reads one JSON line per process on stdin. When stdin ends without the word ``release``, the starter died or
finished, and the guard ends every process that it was told of: so a ``kill -9`` of a starter leaves nothing running.
After ``release`` it leaves them all alone. A pipe does this on every system; PDEATHSIG could not be taken back.
"""

import json
import signal
import sys

from workteam_cli.controlplane.known import Known, end_all

RELEASE = "release"


def main() -> None:
    """Read until stdin ends; end the processes unless they were released."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    guarded: list[Known] = []
    for line in sys.stdin:
        if line.strip() == RELEASE:
            return
        guarded.append(Known(**json.loads(line)))
    end_all(reversed(guarded), grace=10)


if __name__ == "__main__":
    main()
