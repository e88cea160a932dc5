"""Leases of a process that is proven dead: the next one on this machine need not wait them out."""

from collections.abc import Iterable

import orjson

from workteam_cli.controlplane.access import Access


def free_leases(access: Access, name: str, namespaces: Iterable[str]) -> None:
    """Take the Leases off a process that was killed; only for a control plane whose one such process surely ended."""
    for namespace in namespaces:
        lease = access.get("lease", name, "-n", namespace)
        holder = (lease or {}).get("spec", {}).get("holderIdentity")
        if holder:
            path = "/spec/holderIdentity"
            patch = [{"op": "test", "path": path, "value": holder}, {"op": "replace", "path": path, "value": ""}]
            text = orjson.dumps(patch).decode()
            access.kubectl("patch", "lease", name, "-n", namespace, "--type=json", "-p", text)
