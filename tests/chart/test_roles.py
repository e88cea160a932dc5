"""What facade and operator may do, by trying it with the tokens of the chart's own ServiceAccounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.access import Access

LISTED, UNLISTED, RELEASE = "workteam", "unlisted", "workteam-system"
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Try:
    """One request, and what it is for."""

    what: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None

    def by(self, client: httpx.Client) -> httpx.Response:
        """Send it."""
        content_type = MERGE if self.method == "PATCH" else "application/json"
        return client.request(self.method, self.path, json=self.body, headers={"Content-Type": content_type})


def ours(namespace: str, rest: str) -> str:
    """Write the path of an object of ours."""
    return f"/apis/workte.am/v1alpha1/namespaces/{namespace}/{rest}"


def core(namespace: str, rest: str) -> str:
    """Write the path of an object of Kubernetes' own."""
    return f"/api/v1/namespaces/{namespace}/{rest}"


def user(name: str) -> dict[str, Any]:
    """Write a WorkteamUser."""
    return {
        "apiVersion": "workte.am/v1alpha1",
        "kind": "WorkteamUser",
        "metadata": {"name": name},
        "spec": {"tenantRef": {"name": "roles"}, "userName": f"{name}@example.com"},
    }


def event(namespace: str) -> dict[str, Any]:
    """Write an Event about a WorkteamUser."""
    about = {"apiVersion": "workte.am/v1alpha1", "kind": "WorkteamUser", "name": "seen", "namespace": namespace}
    head = {"apiVersion": "v1", "kind": "Event", "metadata": {"generateName": "seen."}}
    return {**head, "involvedObject": about, "reason": "Tried", "message": "by a test"}


def leases(namespace: str, rest: str = "") -> str:
    """Write the path of Leases."""
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases{rest}"


def lease(name: str) -> dict[str, Any]:
    """Write a Lease."""
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}}


TITLE = {"spec": {"title": "x"}}
FINALIZER = {"metadata": {"finalizers": ["workte.am/account"]}}
IN_USE = {"metadata": {"finalizers": ["workte.am/in-use"]}}
STATUS = {"status": {"observedGeneration": 1}}
NOTE = {"metadata": {"annotations": {"tried": "yes"}}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "more"}}
HASHES = core(RELEASE, "secrets/workteam-scim-tokens")

FACADE_MAY = [
    Try("create a user", "POST", ours(LISTED, "workteamusers"), user("by-facade")),
    Try("patch a user", "PATCH", ours(LISTED, "workteamusers/seen"), TITLE),
    Try("list users", "GET", ours(LISTED, "workteamusers")),
    Try("list groups", "GET", ours(LISTED, "workteamgroups")),
    Try("list memberships", "GET", ours(LISTED, "workteamgroupmemberships")),
    Try("list tenants", "GET", ours(LISTED, "workteamtenants")),
    Try("delete a user", "DELETE", ours(LISTED, "workteamusers/to-delete")),
    Try("read the token hashes", "GET", HASHES),
    Try("list the token hashes", "GET", core(RELEASE, "secrets?fieldSelector=metadata.name=workteam-scim-tokens")),
    Try("note a token's last use", "PATCH", HASHES, NOTE),
    Try("make a Lease", "POST", leases(LISTED), lease("made")),  # the one of its own is there if a facade ran
    Try("watch its Lease", "GET", leases(LISTED, "?fieldSelector=metadata.name=workteam-scim")),
]
FACADE_MAY_NOT = [
    Try("renew another Lease", "PUT", leases(LISTED, "/others"), lease("others")),
    Try("delete its Lease", "DELETE", leases(LISTED, "/workteam-scim")),
    Try("make a Lease elsewhere", "POST", leases(UNLISTED), lease("workteam-scim")),
    Try("write a user's status", "PATCH", ours(LISTED, "workteamusers/seen/status"), STATUS),
    Try("write a group's status", "PATCH", ours(LISTED, "workteamgroups/seen/status"), STATUS),
    Try("write a tenant's status", "PATCH", ours(LISTED, "workteamtenants/roles/status"), STATUS),
    Try("replace a user's status", "PUT", ours(LISTED, "workteamusers/seen/status"), user("seen")),
    Try("change a tenant", "PATCH", ours(LISTED, "workteamtenants/roles"), {"spec": {"mode": "Plan"}}),
    Try("delete a tenant", "DELETE", ours(LISTED, "workteamtenants/roles")),
    Try("read the backend token", "GET", core(LISTED, "secrets/roles-workteam")),
    Try("list Secrets beside the tenants", "GET", core(LISTED, "secrets")),
    Try("list Secrets beside the release", "GET", core(RELEASE, "secrets")),
    Try("read another Secret beside the release", "GET", core(RELEASE, "secrets/sh.helm.release.v1.workteam.v1")),
    Try("delete the token hashes", "DELETE", HASHES),
    Try("create a Secret", "POST", core(RELEASE, "secrets"), SECRET),
    Try("list users elsewhere", "GET", ours(UNLISTED, "workteamusers")),
    Try("create a user elsewhere", "POST", ours(UNLISTED, "workteamusers"), user("by-facade")),
    Try("patch a user elsewhere", "PATCH", ours(UNLISTED, "workteamusers/seen"), TITLE),
    Try("delete a user elsewhere", "DELETE", ours(UNLISTED, "workteamusers/seen")),
    Try("read a Secret elsewhere", "GET", core(UNLISTED, "secrets/theirs")),
    Try("list users everywhere", "GET", "/apis/workte.am/v1alpha1/workteamusers"),
    Try("read a namespace", "GET", f"/api/v1/namespaces/{LISTED}"),
]
OPERATOR_MAY = [
    Try("list users everywhere", "GET", "/apis/workte.am/v1alpha1/workteamusers"),
    Try("list tenants everywhere", "GET", "/apis/workte.am/v1alpha1/workteamtenants"),
    Try("put its finalizer on", "PATCH", ours(LISTED, "workteamusers/seen"), FINALIZER),
    Try("hold a tenant that is in use", "PATCH", ours(LISTED, "workteamtenants/roles"), IN_USE),
    Try("write a user's status", "PATCH", ours(LISTED, "workteamusers/seen/status"), STATUS),
    Try("write a group's status", "PATCH", ours(LISTED, "workteamgroups/seen/status"), STATUS),
    Try("write a tenant's status", "PATCH", ours(LISTED, "workteamtenants/roles/status"), STATUS),
    Try("write a status elsewhere (rule A4)", "PATCH", ours(UNLISTED, "workteamusers/seen/status"), STATUS),
    Try("read the backend token", "GET", core(LISTED, "secrets/roles-workteam")),
    Try("list Secrets beside the tenants", "GET", core(LISTED, "secrets")),
    Try("see whether a namespace terminates", "GET", f"/api/v1/namespaces/{UNLISTED}"),
    Try("record an Event", "POST", core(LISTED, "events"), event(LISTED)),
    Try("make a Lease beside the release", "POST", leases(RELEASE), lease("made")),
    Try("watch its Lease", "GET", leases(RELEASE, "?fieldSelector=metadata.name=workteam-operator")),
]
OPERATOR_MAY_NOT = [
    Try("renew another Lease", "PUT", leases(RELEASE, "/others"), lease("others")),
    Try("delete its Lease", "DELETE", leases(RELEASE, "/workteam-operator")),
    Try("make a Lease beside the tenants", "POST", leases(LISTED), lease("workteam-operator")),
    Try("create a user", "POST", ours(LISTED, "workteamusers"), user("by-operator")),
    Try("delete a user", "DELETE", ours(LISTED, "workteamusers/seen")),
    Try("delete a tenant", "DELETE", ours(LISTED, "workteamtenants/roles")),
    Try("read the token hashes", "GET", HASHES),
    Try("list the token hashes", "GET", core(RELEASE, "secrets?fieldSelector=metadata.name=workteam-scim-tokens")),
    Try("change the token hashes", "PATCH", HASHES, NOTE),
    Try("change the backend token", "PATCH", core(LISTED, "secrets/roles-workteam"), NOTE),
    Try("read a Secret elsewhere", "GET", core(UNLISTED, "secrets/theirs")),
    Try("list Secrets elsewhere", "GET", core(UNLISTED, "secrets")),
    Try("create a user elsewhere", "POST", ours(UNLISTED, "workteamusers"), user("by-operator")),
    Try("delete a user elsewhere", "DELETE", ours(UNLISTED, "workteamusers/seen")),
    Try("record an Event elsewhere", "POST", core(UNLISTED, "events"), event(UNLISTED)),
    Try("list namespaces", "GET", "/api/v1/namespaces"),
    Try("change a namespace", "PATCH", f"/api/v1/namespaces/{LISTED}", NOTE),
]


def ids(tries: Sequence[Try]) -> list[str]:
    """Name each case."""
    return [each.what for each in tries]


@pytest.fixture(scope="module", autouse=True)
def _objects(cluster_access: Access) -> None:
    """Put something to try it on into a listed and an unlisted namespace."""
    cluster_access.kubectl("create", "namespace", UNLISTED)
    tenant_ref = {"name": "roles"}
    for namespace, secret in ((LISTED, "roles-workteam"), (UNLISTED, "theirs")):
        cluster_access.kubectl("create", "secret", "generic", secret, "-n", namespace, "--from-literal=token=secret")
        users = [user(name) for name in ("seen", "to-delete")]
        cluster_access.apply(*({**each, "metadata": {**each["metadata"], "namespace": namespace}} for each in users))
    connection = {
        "baseURL": "https://workteam.invalid/scim/v2",
        "tokenSecretRef": {"name": "roles-workteam", "key": "token"},
    }
    head = {"apiVersion": "workte.am/v1alpha1"}
    cluster_access.apply(
        {
            **head,
            "kind": "WorkteamTenant",
            "metadata": {"name": "roles", "namespace": LISTED},
            "spec": {"workteam": connection},
        },
        {
            **head,
            "kind": "WorkteamGroup",
            "metadata": {"name": "seen", "namespace": LISTED},
            "spec": {"tenantRef": tenant_ref, "displayName": "x"},
        },
    )


@pytest.mark.parametrize("tried", FACADE_MAY, ids=ids(FACADE_MAY))
def test_facade_may(facade: httpx.Client, tried: Try) -> None:
    """The facade does its work."""
    answer = tried.by(facade)
    assert answer.is_success, answer.text


def test_facade_renews_its_lease(facade: httpx.Client, cluster_access: Access) -> None:
    """By compare-and-swap, as what it has read; a facade that runs here keeps what it holds, and may be faster."""
    made = facade.post(leases(LISTED), json=lease("workteam-scim"))
    read = facade.get(leases(LISTED, "/workteam-scim")).json()
    renewed = facade.put(leases(LISTED, "/workteam-scim"), json=read)
    assert renewed.is_success or renewed.status_code == httpx.codes.CONFLICT, renewed.text
    if made.is_success:
        cluster_access.kubectl("delete", "lease", "workteam-scim", "-n", LISTED)


@pytest.mark.parametrize("tried", FACADE_MAY_NOT, ids=ids(FACADE_MAY_NOT))
def test_facade_may_not(facade: httpx.Client, tried: Try) -> None:
    """The API server forbids the facade everything else."""
    assert tried.by(facade).status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize("tried", OPERATOR_MAY, ids=ids(OPERATOR_MAY))
def test_operator_may(operator: httpx.Client, tried: Try) -> None:
    """The operator does its work."""
    answer = tried.by(operator)
    assert answer.is_success, answer.text


@pytest.mark.parametrize("tried", OPERATOR_MAY_NOT, ids=ids(OPERATOR_MAY_NOT))
def test_operator_may_not(operator: httpx.Client, tried: Try) -> None:
    """The API server forbids the operator everything else."""
    assert tried.by(operator).status_code == httpx.codes.FORBIDDEN
