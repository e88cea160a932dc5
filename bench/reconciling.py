"""``make bench``: what the operator does with many objects, on a whole stack and a stand-in tenant.

It fills a tenant in one go, as Entra's initial cycle would leave it, and then measures: the way of one user into a
tenant where all others are idle, the way of leavers past a backlog of joiners, a restart, a sweep, memory. Seconds are
those of the machine; what to reach is said beside each.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from crowd import Crowd, crowded
from figures import Claim, Findings, resident
from operating import leavers, one_user, restart, sweep

MEMORY_FOR = 10_000
"""How many users the claim about memory is made for."""
PARTS = ("one", "leavers", "restart", "sweep")


def main() -> int:
    """Run the bench and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000, help="who are provisioned and idle")
    parser.add_argument("--joiners", type=int, default=2_000, help="the backlog that leavers overtake")
    parser.add_argument("--leavers", type=int, default=100, help="who leave during the backlog")
    parser.add_argument("--samples", type=int, default=50, help="how often one user is provisioned")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; may be repeated")
    parser.add_argument("--only-memory", action="store_true", help="fill the tenant, and say what the operator holds")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    asked = parser.parse_args()
    wanted = () if asked.only_memory else tuple(asked.only or PARTS)
    with tempfile.TemporaryDirectory(prefix="workteam-bench-") as home, crowded(Path(home), asked.people) as crowd:
        findings = measured(crowd, wanted, asked)
    print(json.dumps(findings.document(), indent=2) if asked.output == "json" else "\n".join(findings.text()))
    return 0


def measured(crowd: Crowd, wanted: tuple[str, ...], asked: argparse.Namespace) -> Findings:
    """Measure the parts in turn, on one stack."""
    findings = Findings()
    held = resident(crowd.pid)
    what = f"memory of the operator at {crowd.people} users"
    if crowd.people <= MEMORY_FOR:
        findings.claims.append(Claim(what, held, 250, at_most=True, unit=" MiB"))
    else:
        findings.notes.append(f"{what}: {held:.0f} MiB")
    if "one" in wanted:
        one_user(crowd, asked.samples, findings)
    if "restart" in wanted:
        restart(crowd, findings)
    if "sweep" in wanted:
        sweep(crowd, findings)
    if "leavers" in wanted:
        leavers(crowd, asked.joiners, asked.leavers, findings)
    return findings


if __name__ == "__main__":
    sys.exit(main())
