"""Accounts and teams in Workteam that no object of a tenant has: listed, never touched.

Workteam is asked from here, with the token of the tenant's Secret, which the caller must be allowed to read: neither a
status nor an open port then holds the names of people whom nobody manages.
"""

from dataclasses import dataclass
from typing import Any

from workteam_cli.objects import read_objects
from workteam_cli.output import Exit, Problem
from workteam_cli.target import Target
from workteam_crds.cluster.port import NotFound
from workteam_operator.backend.port import Account, BackendDenied, BackendError, Team
from workteam_operator.backend.scim import ScimBackend
from workteam_operator.paging import ListVoid, read_all


@dataclass(frozen=True)
class Unmanaged:
    """What is in Workteam beside what the objects have."""

    accounts: tuple[Account, ...]
    teams: tuple[Team, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return ids and names as JSON values, sorted by name; a team has no ``access``."""
        found = [
            {**_row("account", a.id, a.user_name, a.external_id), "access": "yes" if a.active else "no"}
            for a in self.accounts
        ]
        found += [{**_row("team", t.id, t.display_name, t.external_id), "access": None} for t in self.teams]
        return sorted(found, key=lambda row: (row["what"], row["name"].lower()))


async def find_unmanaged(target: Target) -> Unmanaged:
    """Read all of Workteam, then the objects: what is made meanwhile is not taken for a stranger's.

    Raises ``Problem`` if Workteam cannot be read to its end, ``ClusterError``.
    """
    accounts, teams = await _in_workteam(target)
    objects = await read_objects(target.cluster, target.tenant)
    users = {user.status.account_id for user in objects.users}
    groups = {group.status.team_id for group in objects.groups}
    return Unmanaged(
        tuple(account for account in accounts if account.id not in users),
        tuple(team for team in teams if team.id not in groups),
    )


async def _in_workteam(target: Target) -> tuple[tuple[Account, ...], tuple[Team, ...]]:
    tenant = target.tenant
    known = tenant.status.capabilities
    try:
        backend = ScimBackend.connect(tenant.spec.workteam.base_url, await _token(target), _uncounted)
        try:
            accounts = await read_all(backend.list_accounts)
            teams = await read_all(backend.list_teams) if known is None or known.groups else ()
        finally:
            await backend.close()
    except BackendDenied as error:
        raise Problem(f"Workteam refuses the token of {tenant.tenant} ({error}).", Exit.DENIED) from error
    except (BackendError, ListVoid) as error:
        text = f"Workteam's lists cannot be read to their end ({error}), so nobody is called unmanaged: try again."
        raise Problem(text, Exit.UNAVAILABLE) from error
    return accounts, teams


async def _token(target: Target) -> str:
    """Read the tenant's token. Raises ``Problem`` if there is none, ``Denied``."""
    wanted = target.tenant.spec.workteam.token_secret_ref
    try:
        secret = await target.cluster.read_secret(target.key.namespace, wanted.name)
    except NotFound as error:
        raise Problem(f"The Secret {wanted.name} with Workteam's token is missing.", Exit.NO_INPUT) from error
    token = secret.data.get(wanted.key, b"").decode("latin-1").strip()
    if not token:
        raise Problem(f"The Secret {wanted.name} holds no token in its key {wanted.key}.", Exit.NO_INPUT)
    return token


def _row(what: str, found: str, name: str, external_id: str | None) -> dict[str, Any]:
    return {"what": what, "id": found, "name": name, "externalId": external_id}


def _uncounted(method: str, status: int | None, seconds: float) -> None:
    """Count no request: this is not the operator."""
