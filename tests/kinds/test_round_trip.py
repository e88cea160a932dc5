"""Every kind, filled to the brim, survives the real API server under strict field validation."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from workteam_cli.controlplane.access import Access
from workteam_crds.cluster.access import Access as ApiServer
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.port import Rejected
from workteam_crds.kinds import KINDS, WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.manifest import crd_manifest
from workteam_crds.testing import a_user

BRIM: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "brim.yaml").read_text())
BY_KIND = {raw["kind"]: raw for raw in BRIM}


def paths(schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Every leaf of a structural schema, as a path."""
    if "properties" in schema:
        for name, child in schema["properties"].items():
            yield from paths(child, f"{at}.{name}")
    elif "items" in schema:
        yield from paths(schema["items"], at)
    else:
        yield at


def filled(value: Any, at: str = "") -> Iterator[str]:
    """Every leaf of a document, as a path of the same form."""
    match value:
        case dict():
            for name, child in value.items():
                yield from filled(child, f"{at}.{name}")
        case list():
            for child in value:
                yield from filled(child, at)
        case _:
            yield at


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_document_fills_every_field(kind: type[CustomResource]) -> None:
    """brim.yaml misses no field of the published schema, so the round trip below speaks of all of them."""
    [version] = crd_manifest(kind)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]
    wanted = {path for part in ("spec", "status") if part in schema for path in paths(schema[part], f".{part}")}
    raw = BY_KIND[kind.kind]
    there = {path for part in ("spec", "status") if part in raw for path in filled(raw[part], f".{part}")}
    assert there == wanted


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
async def test_every_kind_survives_a_round_trip(
    kind: type[CustomResource], cluster_access: Access, namespace: str
) -> None:
    """What goes in by strict create and status apply comes out equal, field for field."""
    raw = BY_KIND[kind.kind] | {"metadata": BY_KIND[kind.kind]["metadata"] | {"namespace": namespace}}
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        stored = await cluster.create(kind.parse(raw), manager="tests")
        if "status" in raw:
            await cluster.apply_status(stored, raw["status"], manager="tests")
        found = (await cluster.get(kind, namespace, "brim")).manifest()
    assert (found["kind"], found["spec"], found.get("status")) == (raw["kind"], raw["spec"], raw.get("status"))


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"userName": "u" * 1025}, "spec.userName"),
        ({"userName": ""}, "spec.userName"),
        ({"emails": [{"value": "a@b.example"}] * 21}, "spec.emails"),
        ({"title": 5}, "spec.title"),
    ],
    ids=["too long", "empty", "too many", "wrong type"],
)
async def test_the_server_refuses_what_the_kinds_refuse(
    spec: dict[str, Any], field: str, cluster_access: Access, namespace: str
) -> None:
    """Lengths and types hold for kubectl too; the refusal names the field and quotes no value."""
    raw = a_user("ana", namespace=namespace).manifest()
    body = raw | {"spec": raw["spec"] | spec}
    direct = await ApiServer.load(str(cluster_access.kubeconfig))
    try:
        with pytest.raises(Rejected, match=field):
            await direct.request("POST", f"/apis/workte.am/v1alpha1/namespaces/{namespace}/workteamusers", body=body)
    finally:
        await direct.close()


async def test_the_tenant_of_an_object_cannot_change(cluster_access: Access, namespace: str) -> None:
    """The CEL rule refuses it, so no user moves from one organisation to another."""
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        move = {"op": "replace", "path": "/spec/tenantRef/name", "value": "other"}
        with pytest.raises(Rejected):
            await cluster.patch(ana, [move], manager="tests")
        assert (await cluster.get(WorkteamUser, namespace, "ana")).spec.tenant_ref.name == "acme"


def test_kubectl_speaks_of_the_kinds(cluster_access: Access, namespace: str) -> None:
    """Short names, the category, columns, selectable fields and explanations are what a platform team works with."""
    document = yaml.safe_dump(BY_KIND["WorkteamUser"] | {"metadata": {"name": "brim", "namespace": namespace}})
    cluster_access.kubectl("apply", "-f", "-", stdin=document)
    table = cluster_access.kubectl("get", "wtu", "-n", namespace)
    assert table.split("\n")[0].split() == ["NAME", "USER", "ACTIVE", "READY", "SYNCED", "AGE"]
    wide = cluster_access.kubectl("get", "wtu", "-n", namespace, "-o", "wide")
    assert wide.split("\n")[0].split()[6:] == ["REASON", "ACCOUNT", "TENANT", "LAST-SYNC"]
    assert "brim" in cluster_access.kubectl("get", "workteam", "-n", namespace)
    selected = cluster_access.kubectl(
        "get", "wtu", "-n", namespace, "-o", "name", "--field-selector", "spec.externalId=zoe,spec.active=false"
    )
    assert selected.strip() == "workteamuser.workte.am/brim"
    explained = cluster_access.kubectl("explain", "workteamuser.spec.enterprise")
    assert "The enterprise extension." in explained
    assert "The number the organisation gave the person" in explained
