"""The demo's steps: an empty stack, Entra's initial cycle, the dated changes, and what came of it.

``commands/demo.py`` prints what these return. Everything is started by the code of ``workteam dev up`` and provisioned
by that of ``workteam rehearse``.
"""

import asyncio
import json
import shutil
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.binaries import find_kubectl
from workteam_cli.controlplane.bringing import bring_up, take_down
from workteam_cli.controlplane.files import on_disk
from workteam_cli.controlplane.reporting import Report
from workteam_cli.controlplane.settings import StackSettings, TenantSettings
from workteam_cli.dev_stack import StackInfo
from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.changes import ChangeSet, load_changes
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.record import Progress, Summary
from workteam_cli.rehearsal.service import Settings, rehearsing
from workteam_cli.rehearsal.timeline import play

MARK = "demo"
"""A file in a home that says: a demo made this, a demo may empty it."""
PATIENCE = 120
"""Seconds within which the operator brings everything in sync."""
DEMO_RATE = 200
"""Requests a second: the demo is watched, so it does not wait as Entra would (25)."""


@dataclass(frozen=True)
class Story:
    """What one cycle did, and to whom; names come from the directory owner's own provisioning log."""

    summary: Summary
    title: str
    joined: Sequence[str] = ()
    changed: Sequence[str] = ()
    left: Sequence[str] = ()


@dataclass
class Demonstration:
    """One run of the demo in a home of its own."""

    home: Path
    kubeconfig: Path | None
    report: Report
    progress: Progress
    info: StackInfo = field(init=False)

    def start(self) -> StackInfo:
        """Empty the home of an earlier demo, and bring a stack up in it. Raises ``Problem``."""
        self._empty()
        started = datetime.now(UTC)
        # on somebody's cluster an earlier demo's tenant may still be there, with people who have left by now
        tenant = TenantSettings(f"demo-{started:%Y%m%d%H%M%S}") if self.kubeconfig else TenantSettings()
        self.info = bring_up(StackSettings(self.home, kubeconfig=self.kubeconfig, tenants=(tenant,)), self.report)
        return self.info

    def provision(self) -> Story:
        """Play the initial cycle over the sample directory and wait until every object is in sync."""
        [story] = self._play(())
        return story

    def follow(self) -> list[Story]:
        """Play the dated changes, a cycle each, and wait until every object is in sync."""
        return self._play(load_changes(SAMPLE / "changes.json"))

    def users(self) -> str:
        """Return the table that ``kubectl get workteamusers`` prints for the tenant."""
        return self._access().kubectl("get", "workteamusers", *self._where())

    def groups(self) -> str:
        """Return the table that ``kubectl get workteamgroups`` prints for the tenant."""
        return self._access().kubectl("get", "workteamgroups", *self._where())

    def _empty(self) -> None:
        home = self.home.absolute()
        mark = home / MARK
        with on_disk(home):
            if home.is_dir() and any(home.iterdir()) and not mark.is_file():
                raise Problem(
                    f"{home} holds something that no demo made: name an empty folder with --home.", Exit.CANNOT_WRITE
                )
            if mark.is_file():
                take_down(home, self.report)
                shutil.rmtree(home)
            home.mkdir(parents=True, mode=0o700, exist_ok=True)
            mark.write_text("Made by `workteam demo`, which empties this folder when it starts anew.\n")

    def _play(self, changes: Sequence[ChangeSet]) -> list[Story]:
        log = self.home / "provisioning.jsonl"
        settings = Settings(self.info.scim.base_url, self.info.scim.token, rate=DEMO_RATE, state=self.home / "state")
        directory = Directory.load(SAMPLE / "contoso.json")
        summaries = asyncio.run(self._rehearse(settings, directory, changes, log))
        self._settle()
        titles = {each.id: each.title for each in changes}
        people = _people(log)
        return [
            Story(summary, titles.get(summary.cycle, "Initial cycle"), **people[summary.cycle]) for summary in summaries
        ]

    async def _rehearse(
        self, settings: Settings, directory: Directory, changes: Sequence[ChangeSet], log: Path
    ) -> list[Summary]:
        with log.open("a", encoding="utf-8") as stream:
            async with rehearsing(settings, log=stream, progress=self.progress) as rehearsal:
                await rehearsal.test_connection()
                return await play(rehearsal, directory, changes)

    def _settle(self) -> None:
        """Wait until the operator has reported every user and group of the tenant. Raises ``Problem``."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self._access().get("workteamusers,workteamgroups", *self._where()) or {"items": []}
            waiting = [item for item in found["items"] if not _settled(item)]
            if not waiting:
                return
            self.report("the operator brings Workteam in sync", len(found["items"]) - len(waiting), len(found["items"]))
            if time.monotonic() > deadline:
                names = ", ".join(item["metadata"]["name"] for item in waiting[:3])
                raise Problem(
                    f"{len(waiting)} objects are not in sync after {PATIENCE} s ({names} …): "
                    f"`WORKTEAM_DEV_HOME={self.home} workteam status` says why.",
                )
            time.sleep(0.3)

    def _access(self) -> Access:
        kubectl = find_kubectl()
        return Access(Path(self.info.kubeconfig), kubectl, kubectl)

    def _where(self) -> tuple[str, ...]:
        return ("-n", self.info.namespace, "-l", f"workte.am/tenant={self.info.tenant}")


def _settled(item: Mapping[str, Any]) -> bool:
    """Say whether Ready and Synced are True for an object's newest generation, and it is not on its way out."""
    conditions = {each["type"]: each for each in item.get("status", {}).get("conditions", ())}
    needed = [conditions.get(name, {}) for name in ("Ready", "Synced")]
    current = all(each.get("observedGeneration") == item["metadata"]["generation"] for each in needed)
    waits = "Reconciling" in conditions or "deletionTimestamp" in item["metadata"]
    return current and all(each.get("status") == "True" for each in needed) and not waits


def _people(log: Path) -> dict[str, dict[str, list[str]]]:
    """Return who joined, changed and left in each cycle, by name, each once."""
    columns = {"Create": "joined", "Update": "changed", "Other": "changed", "Disable": "left", "Delete": "left"}
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"joined": [], "changed": [], "left": []})
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        names = found[entry["cycle"]][columns[entry["action"]]]
        if entry["status"] == "Success" and entry["identity"] not in names:
            names.append(entry["identity"])
    return found
