"""What a running stack is described by: the object of ``workteam dev up -o json``, kept as ``stack.json`` (0600)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from workteam_cli.controlplane.files import write_private
from workteam_cli.controlplane.settings import Endpoint
from workteam_cli.output import Exit, Problem

FILE = "stack.json"


@dataclass(frozen=True)
class StackInfo:
    """One running stack. Processes that do not belong to it (another's API server) have no pid and no log."""

    kubeconfig: str
    scim: Endpoint
    """What Entra is given."""
    namespace: str
    tenant: str
    workteam: Endpoint
    """The stand-in tenant, as the operator reaches it."""
    pids: Mapping[str, int | None]
    logs: Mapping[str, str | None]
    home: str

    def document(self) -> dict[str, Any]:
        """Return it as it is printed and kept."""
        return {
            "kubeconfig": self.kubeconfig,
            **self.scim.document(),
            "namespace": self.namespace,
            "tenant": self.tenant,
            "workteam": self.workteam.document(),
            "pids": dict(self.pids),
            "logs": dict(self.logs),
            "home": self.home,
        }

    def keep(self) -> None:
        """Write it to its home."""
        write_private(Path(self.home) / FILE, json.dumps(self.document(), indent=2) + "\n")

    @classmethod
    def read(cls, home: Path) -> Self:
        """Read what ``up`` kept; Problem if no stack was brought up in this home."""
        try:
            kept = json.loads((home / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise Problem(f"No stack runs in {home}: start one with `workteam dev up`.", Exit.NO_INPUT) from error
        scim, workteam = (Endpoint(each["baseURL"], each["token"]) for each in (kept, kept["workteam"]))
        whole = {key: kept[key] for key in ("kubeconfig", "namespace", "tenant", "pids", "logs", "home")}
        return cls(scim=scim, workteam=workteam, **whole)
