"""The dev stack as others see it: the object of ``workteam dev up -o json``, kept as ``stack.json`` (0600) in its home.

``dev up`` writes it; the other commands read it to know which cluster, tenant, Base URL and token are meant.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from workteam_cli.output import Exit, Problem

FILE = "stack.json"
HOME = "WORKTEAM_DEV_HOME"


@dataclass(frozen=True)
class Endpoint:
    """A SCIM base URL and its bearer token."""

    base_url: str
    token: str = field(repr=False)

    def document(self) -> dict[str, str]:
        """Return it as it is printed."""
        return {"baseURL": self.base_url, "token": self.token}


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

    @classmethod
    def parse(cls, kept: Any) -> Self:
        """Read what ``document`` returned. Raises ``KeyError`` or ``TypeError``."""
        scim, workteam = (Endpoint(each["baseURL"], each["token"]) for each in (kept, kept["workteam"]))
        whole = {key: kept[key] for key in ("kubeconfig", "namespace", "tenant", "pids", "logs", "home")}
        return cls(scim=scim, workteam=workteam, **whole)


def dev_home() -> Path:
    """Return the home of the stack that is meant: ``$WORKTEAM_DEV_HOME``, else ``.dev`` in the current folder."""
    return Path(os.environ.get(HOME, ".dev"))


def running_stack() -> StackInfo | None:
    """Return the stack that is meant, or None if none was brought up there.

    Raises ``Problem`` if its file is not what ``workteam dev up`` writes.
    """
    path = dev_home() / FILE
    try:
        return StackInfo.parse(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"{path} does not describe a dev stack ({type(error).__name__}): `workteam dev up` writes it anew; "
            "or name what you mean by options.",
            Exit.BAD_FILE,
        ) from error
