"""The control plane that everything else is tested on."""

from workteam_cli.controlplane.access import Access


def test_kinds_are_served(cluster_access: Access, namespace: str) -> None:
    """The API server knows our four kinds and stores an object of one."""
    listed = cluster_access.kubectl("api-resources", "--api-group=workte.am", "-o", "name").split()
    assert sorted(listed) == [
        "workteamgroupmemberships.workte.am",
        "workteamgroups.workte.am",
        "workteamtenants.workte.am",
        "workteamusers.workte.am",
    ]
