"""``make bench``: what the facade answers, beside the servers and libraries that it is made of.

One run on one machine over the real API server. A figure and what it is set against are taken in turn, a second each,
by the same client; what counts is the ratio, as the median over the rounds.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from figures import Findings
from ground import Ground, ground, tell
from library import library
from reading import reads
from writing import adds, writes

PARTS: Mapping[str, Callable[[Ground, Findings, int], None]] = {
    "reads": reads,
    "writes": writes,
    "members": adds,
    "library": library,
}


def main() -> int:
    """Run the bench and print the figures; exit 1 if a request was not answered as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000, help="users of the tenant")
    parser.add_argument("--rounds", type=int, default=7, help="how often each figure is taken")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure this part; may be repeated")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    asked = parser.parse_args()
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="workteam-bench-") as home, ground(Path(home), asked.people) as where:
        for name, measure in PARTS.items():
            if not asked.only or name in asked.only:
                tell(f"measuring: {name}")
                measure(where, findings, asked.rounds)
    print(json.dumps(findings.document(), indent=2) if asked.output == "json" else "\n".join(findings.text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
