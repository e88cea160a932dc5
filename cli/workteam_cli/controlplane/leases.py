"""Leases of a facade that is proven dead: the next one on this machine need not wait them out."""

from collections.abc import Iterable

import orjson

from workteam_cli.controlplane.access import Access
from workteam_scim.leadership import LEASE


def free_leases(access: Access, namespaces: Iterable[str]) -> None:
    """Take the Leases off a facade that was killed; only for a control plane whose one facade has ended for sure."""
    for namespace in namespaces:
        lease = access.get("lease", LEASE, "-n", namespace)
        holder = (lease or {}).get("spec", {}).get("holderIdentity")
        if holder:
            path = "/spec/holderIdentity"
            patch = [{"op": "test", "path": path, "value": holder}, {"op": "replace", "path": path, "value": ""}]
            text = orjson.dumps(patch).decode()
            access.kubectl("patch", "lease", LEASE, "-n", namespace, "--type=json", "-p", text)
