"""What a standby does not take in, and what it visits when it takes over."""

from typing import Any

from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_crds.naming import Key
from workteam_crds.testing import a_group, a_tenant, a_user
from workteam_operator.metered_queue import MeteredQueue
from workteam_operator.objects import Objects
from workteam_operator.workqueue import Priority, Visit

NAMESPACE = "ns"
WHEN = "2026-11-24T09:00:00Z"


def key(kind: Any, name: str) -> Key:
    """Name an object."""
    return Key(kind.kind, NAMESPACE, name)


def stored(resource: Any, version: int, *, generation: int = 1, **status: Any) -> Any:
    """Return an object as the API server stores it."""
    manifest = resource.manifest()
    names = {"uid": f"uid-{resource.metadata.name}", "resourceVersion": str(version), "generation": generation}
    manifest["metadata"] |= names | {"finalizers": [FINALIZER]}
    return type(resource).parse(manifest | {"status": status})


def good(*types: str) -> list[dict[str, Any]]:
    """Write conditions that are True."""
    return [
        {"type": each, "status": "True", "reason": reason, "message": "", "lastTransitionTime": WHEN}
        for each, reason in zip(types, ("Provisioned", "InSync"), strict=True)
    ]


async def test_a_standby_takes_nothing_in_and_knows_what_to_do_when_it_takes_over() -> None:
    """All tenants and what is not settled, leavers first; what is settled is left alone, however often it changed."""
    objects = Objects()
    queue = MeteredQueue(objects.claims_of)
    queue.standing_by = True
    settled: dict[str, Any] = {
        "observedGeneration": 1,
        "accountID": "7",
        "syncedActive": True,
        "conditions": good("Ready", "Synced"),
    }
    seen = [
        stored(a_tenant(namespace=NAMESPACE), 1),
        stored(a_user("settled", namespace=NAMESPACE), 2, **settled),
        stored(a_user("new", namespace=NAMESPACE), 3),
        stored(a_user("leaver", namespace=NAMESPACE, active=False), 4, generation=2, **settled),
        stored(a_group("crew", "new", namespace=NAMESPACE), 5),
        stored(a_user("settled", namespace=NAMESPACE, title="Lead"), 6, **settled),
    ]
    for resource in seen:
        for visit in objects.observe(resource):
            queue.add(visit)
    assert len(queue) == 0
    queue.standing_by = False
    assert sorted(objects.to_do()) == [
        Visit(key(WorkteamGroup, "crew"), Priority.BACKGROUND),
        Visit(key(WorkteamTenant, "acme"), Priority.BACKGROUND),
        Visit(key(WorkteamUser, "leaver"), Priority.LEAVER),
        Visit(key(WorkteamUser, "new"), Priority.BACKGROUND),
    ]
    assert objects.counts() == {"WorkteamTenant": 1, "WorkteamUser": 3, "WorkteamGroup": 1}
