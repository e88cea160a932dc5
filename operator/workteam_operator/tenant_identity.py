"""Whether a connection leads to the organisation whose accounts our objects recorded (rule A9)."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import ACCEPT_ENDPOINT
from workteam_crds.naming import TenantKey, folded
from workteam_operator.backend.port import Backend
from workteam_operator.ownership import Owner, recorded_id, synced_name
from workteam_operator.tenant_causes import Cause
from workteam_operator.tenants import Connection, Tenant

SAMPLE = 10
"""How many recorded accounts are looked at: most must be who they were."""

FORGETTING = Cause(
    Reason.OWNERSHIP_CONFLICT,
    "The recorded ids are being forgotten, as workte.am/accept-endpoint says; then every object is matched anew",
)


@dataclass(frozen=True)
class Custody:
    """What is known of the objects of a tenant, and of those of other tenants."""

    recorded: Callable[[TenantKey], Sequence[Owner]]
    """Returns the objects that have an account or team."""
    older_sharer: Callable[[WorkteamTenant], TenantKey | None]
    """Returns an older tenant whose objects recorded an account or team of this one's."""
    busy: Callable[[TenantKey], bool]
    """Says whether a pass over one of its objects is in flight."""
    wake_recorded: Callable[[TenantKey], None]
    """Queues the objects that have an account or team."""


class Identity:
    """Judges connections."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody

    async def judge(self, tenant: Tenant, connection: Connection) -> Cause | None:
        """Return why a connection that works may not be used; None if it may. Raises ``BackendError``."""
        if tenant.resource.status.endpoint != connection.endpoint:
            cause = await self._judge_endpoint(tenant, connection)
            if cause is not None:
                return cause
        return self.shared(tenant.resource)

    def shared(self, resource: WorkteamTenant) -> Cause | None:
        """Return why a tenant gives way to an older one; None if it need not."""
        other = self._custody.older_sharer(resource)
        return None if other is None else _shared(other)

    def is_told(self, tenant: Tenant) -> bool:
        """Say whether a person just gave the word that a closed gate waits for."""
        conflict = tenant.cause is not None and tenant.cause.reason is Reason.OWNERSHIP_CONFLICT
        return conflict and not tenant.disowning and _is_accepted(tenant, tenant.spec.workteam.base_url)

    def is_ending(self, tenant: Tenant, base_url: str) -> bool:
        """Say whether passes may still record what they found at another address."""
        known = tenant.resource.status.endpoint
        return known is not None and known.base_url != base_url and self._custody.busy(tenant.key)

    async def _judge_endpoint(self, tenant: Tenant, connection: Connection) -> Cause | None:
        """Look at a sample; if most are strangers, a person's word lets all recorded ids be forgotten."""
        key, base_url = tenant.key, connection.endpoint.base_url
        accepted = _is_accepted(tenant, base_url)
        recorded = self._custody.recorded(key)
        if tenant.disowning and accepted and not recorded and not self._custody.busy(key):
            tenant.disowning = False
            return None
        tenant.disowning = accepted and (tenant.disowning or await _are_strangers(connection.backend, recorded))
        if tenant.disowning:
            self._custody.wake_recorded(key)
            return FORGETTING
        return None if accepted or not await _are_strangers(connection.backend, recorded) else _elsewhere(base_url)


def _is_accepted(tenant: Tenant, base_url: str) -> bool:
    return tenant.resource.metadata.annotations.get(ACCEPT_ENDPOINT) == base_url


async def _are_strangers(backend: Backend, recorded: Sequence[Owner]) -> bool:
    """Say whether most of a sample are gone, or somebody else. Raises ``BackendError``."""
    named = [owner for owner in recorded if synced_name(owner) is not None]
    users = [owner for owner in named if isinstance(owner, WorkteamUser)]
    asked = _sample(users or named)
    known = await asyncio.gather(*(_is_who_it_was(backend, owner) for owner in asked))
    return sum(known) * 2 < len(asked)


async def _is_who_it_was(backend: Backend, owner: Owner) -> bool:
    found = recorded_id(owner) or ""
    if isinstance(owner, WorkteamUser):
        account = await backend.read_account(found)
        name = account.user_name if account else None
    else:
        team = await backend.read_team(found)
        name = team.display_name if team else None
    return name is not None and folded(name) == folded(synced_name(owner) or "")


def _sample(owners: Sequence[Owner]) -> Sequence[Owner]:
    return random.sample(owners, min(SAMPLE, len(owners)))


def _elsewhere(base_url: str) -> Cause:
    text = (
        f"Most recorded accounts are not those at {base_url}: it is another organisation, so nothing is written. Set "
        "spec.workteam or the token back; or annotate the tenant with workte.am/accept-endpoint: <baseURL>, which "
        "forgets the recorded ids and matches every object anew"
    )
    return Cause(Reason.OWNERSHIP_CONFLICT, text)


def _shared(other: TenantKey) -> Cause:
    text = (
        f"The tenant {other} is older and has recorded the same accounts: two tenants must not write to one account. "
        "Delete one of the two, or let this one point to another organisation"
    )
    return Cause(Reason.OWNERSHIP_CONFLICT, text)
