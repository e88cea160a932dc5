"""A cluster with objects as a test wants them, and the command as a person runs it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from workteam_cli.__main__ import main
from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.stack import Stack
from workteam_cli.staging import Stage, staged
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.testing import a_group, a_membership, a_tenant, a_user

NUMBERS = itertools.count(1)
RECORD = Path(__file__).parent / "record"
"""What an export of the tenant ``acme`` is to be, written by hand."""
NOON = "2026-11-25T12:00:00Z"


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code, and what it wrote, without blanks at the ends of lines."""

    code: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Ran]
Command: TypeAlias = Callable[..., Awaitable[Ran]]


@dataclass(frozen=True)
class Kept:
    """The objects of one namespace, written as an administrator writes them."""

    access: Access
    namespace: str

    def apply(self, *resources: CustomResource) -> None:
        """Create objects, wherever they were built for, in this namespace."""
        items = [self._here(resource.manifest()) for resource in resources]
        self._apply({"apiVersion": "v1", "kind": "List", "items": items})

    def report(self, resource: CustomResource, *conditions: str, **status: Any) -> None:
        """Write a status. A condition is ``Type Status Reason``, then perhaps a message; it began at noon."""
        told = [_condition(text) for text in conditions]
        whole: dict[str, Any] = {"apiVersion": "workte.am/v1alpha1", "kind": resource.kind}
        whole |= {"metadata": {"name": resource.metadata.name, "namespace": self.namespace}}
        whole |= {"status": {"observedGeneration": 1, "conditions": told, **status}}
        self._apply(whole, "--subresource=status")

    def delete(self, resource: CustomResource) -> None:
        """Delete an object; one with a finalizer stays, terminating."""
        self.access.kubectl("delete", resource.plural, resource.metadata.name, "-n", self.namespace, "--wait=false")

    def _here(self, manifest: dict[str, Any]) -> dict[str, Any]:
        return {**manifest, "metadata": {**manifest["metadata"], "namespace": self.namespace}}

    def _apply(self, value: dict[str, Any], *options: str) -> None:
        """Speak JSON, which every parser reads alike."""
        how = ("--server-side", "--force-conflicts", *options)
        self.access.kubectl("apply", *how, "-f", "-", stdin=json.dumps(value))


def _condition(text: str) -> dict[str, Any]:
    name, status, reason, *message = text.split(" ", 3)
    told = {"type": name, "status": status, "reason": reason, "lastTransitionTime": NOON}
    return {**told, "message": message[0] if message else "", "observedGeneration": 1}


@pytest.fixture
def kept(cluster_access: Access, namespace: str) -> Kept:
    """Give a namespace whose objects nobody reconciles."""
    return Kept(cluster_access, namespace)


@pytest.fixture
def acme(kept: Kept) -> Kept:
    """Give a namespace with the one tenant ``acme``, which is Ready."""
    tenant = a_tenant("acme")
    kept.apply(tenant)
    kept.report(tenant, "Ready True Provisioned")
    return kept


@pytest.fixture
def workteam(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run ``workteam`` on a machine with no dev stack and no kubeconfig of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKTEAM_DEV_HOME", str(home / "no-stack"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("KUBECONFIG", raising=False)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), _trimmed(out), _trimmed(err))

    return run


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.fixture
def here(kept: Kept) -> tuple[str, ...]:
    """Name the options that choose the tenant of the test's namespace."""
    return ("--kubeconfig", str(kept.access.kubeconfig), "-n", kept.namespace)


@pytest.fixture
async def stage(
    cluster_access: Access, namespace: str, workteam: Run, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """Set up an empty namespace and an empty Workteam tenant, for an operator in this process."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace) as stage:
        yield stage


@pytest.fixture
def command(stage: Stage, cluster_access: Access, workteam: Run) -> Command:
    """Run ``workteam`` about the stage's tenant, beside an operator in this process."""
    options = ("--kubeconfig", str(cluster_access.kubeconfig), "-n", stage.namespace)

    async def run(*arguments: str) -> Ran:
        return await asyncio.to_thread(workteam, *arguments, *options)

    return run


@pytest.fixture
def initech(prepared_stack: Stack) -> Iterator[tuple[str, ...]]:
    """Name the options that choose a tenant in the namespace that the installed chart serves."""
    access, name = prepared_stack.access, f"initech-{next(NUMBERS)}"
    if access.get("namespace", "workteam") is None:
        access.kubectl("create", "namespace", "workteam")
    access.apply(a_tenant(name, namespace="workteam").manifest())
    yield ("--kubeconfig", str(access.kubeconfig), "-n", "workteam", "--tenant", name)
    access.kubectl("delete", "workteamtenant", name, "-n", "workteam", "--wait=false")


@pytest.fixture
def record() -> Path:
    """Point at the reviewed files that an export of ``people`` is to write."""
    return RECORD


@pytest.fixture
def ana() -> WorkteamUser:
    """Build a user whose values look like numbers, booleans and YAML."""
    user = a_user(
        "ana",
        externalId="1e3",
        displayName='Añá: "Lund"',
        nickName="no",
        title="two\nlines ",
        emails=[{"type": "work", "value": "ana@contoso.example", "primary": True}],
        enterprise={"employeeNumber": "00012"},
    )
    described = {
        "labels": {"workte.am/tenant": "acme", "workte.am/source": "scim"},
        "annotations": {"workte.am/last-modified": "2026-11-24T09:00:00Z"},
        "finalizers": ("workte.am/account",),
    }
    return user.model_copy(update={"metadata": user.metadata.model_copy(update=described)})


@pytest.fixture
def people(kept: Kept, ana: WorkteamUser) -> Kept:
    """Give a tenant with one object of each kind."""
    kept.apply(a_tenant("acme"), ana, a_group("crew", "ana"), a_membership("crew", "ana"))
    return kept
