"""Which cluster, namespace and tenant a command speaks about."""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.dev_stack import Endpoint, StackInfo
from workteam_crds.kinds import KINDS
from workteam_crds.testing import a_tenant, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run


def stack_file(home: Path, access: Access, namespace: str, tenant: str = "acme") -> None:
    """Describe a running stack, as ``workteam dev up`` does."""
    home.mkdir(exist_ok=True)
    none = Endpoint("", "")
    stack = StackInfo(str(access.kubeconfig), none, namespace, tenant, none, pids={}, logs={}, home=str(home))
    (home / "stack.json").write_text(json.dumps(stack.document()), encoding="utf-8")


def test_the_named_kubeconfig_wins(
    acme: "Kept", here: tuple[str, ...], workteam: "Run", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``--kubeconfig`` is used in spite of a dev stack and of KUBECONFIG, and stderr says which cluster it is."""
    stack_file(tmp_path, acme.access, "elsewhere")
    monkeypatch.setenv("WORKTEAM_DEV_HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    ran = workteam("status", *here)
    server = acme.access.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    assert (ran.code, ran.err) == (0, f"cluster: {server} ({acme.access.kubeconfig})")


def test_the_dev_stack_comes_next(
    acme: "Kept", workteam: "Run", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without options the stack's cluster, namespace and tenant are meant, in spite of KUBECONFIG; stderr is silent."""
    acme.apply(a_tenant("globex"))
    stack_file(tmp_path, acme.access, acme.namespace)
    monkeypatch.setenv("WORKTEAM_DEV_HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    ran = workteam("status")
    assert (ran.code, ran.out.splitlines()[0], ran.err) == (0, f"Current Status of {acme.namespace}/acme", "")
    other = workteam("status", "--tenant", "globex")
    assert (other.code, other.out.splitlines()[0]) == (1, f"Current Status of {acme.namespace}/globex")


def test_then_what_kubectl_would_use(
    acme: "Kept", workteam: "Run", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """KUBECONFIG, else ~/.kube/config, as kubectl does."""
    usual = tmp_path / ".kube" / "config"
    usual.parent.mkdir()
    usual.write_bytes(Path(acme.access.kubeconfig).read_bytes())
    monkeypatch.setenv("HOME", str(tmp_path))
    by_home = workteam("status", "-n", acme.namespace)
    monkeypatch.setenv("KUBECONFIG", str(acme.access.kubeconfig))
    by_variable = workteam("status", "-n", acme.namespace)
    assert [ran.code for ran in (by_home, by_variable)] == [0, 0]
    assert [ran.err.split(" ")[-1] for ran in (by_home, by_variable)] == [f"({usual})", f"({acme.access.kubeconfig})"]


def test_several_tenants(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """Several tenants are named in one sentence; one that is not there brings the names of those that are."""
    acme.apply(a_tenant("globex"))
    several, named = workteam("status", *here), workteam("status", *here, "--tenant", "globex")
    unknown = workteam("status", *here, "--tenant", "nobody")
    both = f"{acme.namespace}/acme, {acme.namespace}/globex"
    assert (several.code, several.err.splitlines()[-1]) == (
        64,
        f"error: There are several tenants, name one by -n and --tenant: {both}.",
    )
    assert (named.code, unknown.code) == (1, 66)
    assert unknown.err.splitlines()[-1] == (
        f"error: There is no WorkteamTenant nobody in {acme.namespace}; there is {both}."
    )


def test_no_tenant(kept: "Kept", workteam: "Run") -> None:
    """A namespace without a tenant is one sentence."""
    ran = workteam("status", "--kubeconfig", str(kept.access.kubeconfig), "-n", kept.namespace)
    assert (ran.code, ran.err.splitlines()[-1]) == (66, f"error: There is no WorkteamTenant in {kept.namespace}.")


def test_the_only_tenant_of_the_release(initech: tuple[str, ...], cluster_access: Access, workteam: "Run") -> None:
    """Without -n the namespaces that the installed chart serves are searched."""
    ran = workteam("settings", "--kubeconfig", str(cluster_access.kubeconfig), "--tenant", initech[-1])
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"SCIM Settings of workteam/{initech[-1]}")


def test_nobody_answers(workteam: "Run", acme: "Kept", tmp_path: Path) -> None:
    """A cluster that is not there is one sentence and 69, soon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = acme.access.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    dead = tmp_path / "kubeconfig"
    dead.write_text(
        Path(acme.access.kubeconfig).read_text(encoding="utf-8").replace(server, f"https://127.0.0.1:{port}"),
        encoding="utf-8",
    )
    ran = workteam("status", "--kubeconfig", str(dead), "-n", "any")
    assert ran.code == 69
    assert ran.err.splitlines()[-1] == (
        "error: The API server does not answer: GET /apis/workte.am/v1alpha1/namespaces/any/workteamtenants: "
        "ClientConnectorError. Is the kubeconfig current?"
    )


def test_no_permission(acme: "Kept", workteam: "Run", tmp_path: Path) -> None:
    """An account without rights is one sentence and 77."""
    acme.access.kubectl("create", "serviceaccount", "visitor", "-n", acme.namespace)
    visitor = acme.access.kubeconfig_as(acme.namespace, "visitor", tmp_path / "visitor")
    ran = workteam("status", "--kubeconfig", str(visitor), "-n", acme.namespace)
    assert ran.code == 77
    assert ran.err.splitlines()[-1] == (
        f"error: This account may not do that in this cluster: GET /apis/workte.am/v1alpha1/namespaces/{acme.namespace}"
        "/workteamtenants: HTTP 403 Forbidden."
    )


@pytest.fixture
def editor(acme: "Kept", tmp_path: Path) -> tuple[str, ...]:
    """The options of somebody who may read and patch our kinds in one namespace, and nothing else."""
    kubectl, here = acme.access.kubectl, ("-n", acme.namespace)
    kubectl("create", "serviceaccount", "editor", *here)
    rules = ("--verb=get,list,patch", f"--resource={','.join(f'{kind.plural}.workte.am' for kind in KINDS)}")
    kubectl("create", "role", "editor", *here, *rules)
    kubectl("create", "rolebinding", "editor", *here, "--role=editor", f"--serviceaccount={acme.namespace}:editor")
    return ("--kubeconfig", str(acme.access.kubeconfig_as(acme.namespace, "editor", tmp_path / "editor")), *here)


def test_few_rights_are_enough(acme: "Kept", editor: tuple[str, ...], workteam: "Run") -> None:
    """What is missing for want of a right is said, and the rest is shown and done."""
    ana = a_user("ana")
    acme.apply(ana)
    acme.report(ana, "Ready True Provisioned", "Synced True InSync")
    status, told = workteam("status", *editor), workteam("explain", "ana", *editor, "-o", "json")
    paused = workteam("pause", "ana", *editor, "-o", "json")
    [done] = json.loads(paused.out)
    assert (status.code, told.code, paused.code, done["done"]) == (0, 0, 0, True)
    assert "this account may not read the Secret of the tokens" in " ".join(status.out.split())
    assert json.loads(told.out)["requestsUnknown"] == (
        "this account may not read the Deployments and the Secret that open its record."
    )
    assert done["message"] == (
        f"no Event tells of it: POST /api/v1/namespaces/{acme.namespace}/events: HTTP 403 Forbidden"
    )


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kubeconfig": 1}'])
def test_a_broken_stack_file(workteam: "Run", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """What does not describe a stack is said, not silently replaced by another cluster."""
    (tmp_path / "stack.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv("WORKTEAM_DEV_HOME", str(tmp_path))
    ran = workteam("status")
    assert ran.code == 65
    assert ran.err.splitlines()[-1].startswith(f"error: {tmp_path}/stack.json does not describe a dev stack")


NO_KUBECONFIG = [
    pytest.param(b": [", "it does not read as a kubeconfig", id="not YAML"),
    pytest.param(b"\xff\xfe", "it does not read as a kubeconfig", id="not UTF-8"),
    pytest.param(b"hello", "it does not read as a kubeconfig", id="a word"),
    pytest.param(b"{}", "Invalid kube-config file. Expected key current-context in {file}", id="empty"),
    pytest.param(
        b"{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}],"
        b" users: [{name: u, user: {token: t}}],"
        b" clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority: /missing.crt}}]}",
        "File does not exists: /missing.crt",
        id="a certificate that is not there",
    ),
]


@pytest.mark.parametrize(("content", "why"), NO_KUBECONFIG)
def test_a_broken_kubeconfig(workteam: "Run", tmp_path: Path, content: bytes, why: str) -> None:
    """A file that is no kubeconfig is one sentence and 65."""
    file = tmp_path / "kubeconfig"
    file.write_bytes(content)
    ran = workteam("status", "--kubeconfig", str(file))
    assert (ran.code, ran.out) == (65, "")
    assert ran.err == f"error: No access to a cluster by the kubeconfig {file}: {why.replace('{file}', str(file))}."


def test_no_cluster_at_all(workteam: "Run") -> None:
    """A machine without any is told what to do."""
    ran = workteam("status")
    assert ran.code == 69
    assert ran.err == (
        "error: No cluster is named: `workteam dev up` starts one here, --kubeconfig FILE names another."
    )


@pytest.mark.parametrize(
    "words",
    [
        ["settings"],
        ["token", "create"],
        ["token", "list"],
        ["token", "rotate"],
        ["token", "revoke"],
        ["client", "create"],
        ["status"],
        ["requests"],
        ["get"],
        ["explain"],
        ["plan"],
        ["adopt"],
        ["grant"],
        ["release"],
        ["pause"],
        ["resume"],
        ["resync"],
        ["abandon"],
        ["export"],
        ["diff"],
    ],
)
def test_help(workteam: "Run", words: list[str]) -> None:
    """Every command's help has an example and its exit codes."""
    ran = workteam(*words, "--help")
    assert ran.code == 0
    assert "\n  Example:\n    workteam " in ran.out
    assert "\n  Exit codes: 0 " in ran.out
    assert "-o, --output [table|json|yaml]" in ran.out
