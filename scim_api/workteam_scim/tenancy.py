"""/{namespace}/{tenant}: whether it is known, may answer, and what answers for it.

An unknown tenant is answered like a bad token: nobody learns which exist. What is not ready says so and why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from scim2_models import ForbiddenException, UnauthorizedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from workteam_crds.cluster.port import Change, Event, Listing
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.scim_settings import PatchResponse
from workteam_crds.naming import TenantKey
from workteam_scim.answers import Answers
from workteam_scim.auth import REFUSED
from workteam_scim.cache import Cache
from workteam_scim.cursors import Seals
from workteam_scim.refusals import Throttled, Unavailable
from workteam_scim.replay import ReplayingHandler
from workteam_scim.searched import searched_types
from workteam_scim.service import FacadeService
from workteam_scim.storage import ClusterStorage
from workteam_scim.tenant_objects import TenantObjects
from workteam_scim.throttle import BURST, Bucket
from workteam_scim.writing import Surroundings

PAUSED = timedelta(minutes=2)


@dataclass
class Responder:
    """What answers for one tenant."""

    tenant: TenantKey
    base_url: str
    objects: TenantObjects
    handler: ReplayingHandler
    answers: Answers
    new_id: Callable[[], str]
    """What makes the id of a resource."""
    bucket: Bucket
    """How often it may be asked."""
    patch_response: PatchResponse = PatchResponse.AUTO

    def shortened(self, request: ScimRequest, answer: ScimResponse) -> ScimResponse:
        """Return the answer to a PATCH as the tenant wants it; attributes that were asked for are always answered."""
        asked = {"attributes", "excludedAttributes"}.intersection(request.query)
        if self.patch_response is PatchResponse.AUTO or answer.status != HTTPStatus.OK or asked:
            return answer
        return ScimResponse(HTTPStatus.NO_CONTENT, headers=answer.headers)

    def admit(self, rate: int, now: float) -> None:
        """Let one request in, if it is one of so many a second. Raises ``Throttled``."""
        self.bucket.resize(rate, rate * BURST)
        if wait := self.bucket.take(now):
            raise Throttled(
                f"The tenant {self.tenant} may be asked {rate} times a second (spec.scim.requestsPerSecond).", wait=wait
            )


class Tenancy:
    """The tenants of all namespaces; each gets a storage and a handler of its own."""

    def __init__(
        self,
        cache: Cache,
        service: FacadeService,
        around: Surroundings,
        *,
        base_url: Callable[[TenantKey], str],
        ignored: Callable[[int], None],
        clock: Callable[[], float],
        signing_key: Callable[[], bytes],
    ) -> None:
        self._cache = cache
        self._service = service
        self._around = around
        self._base_url = base_url
        self._ignored = ignored
        self._clock = clock
        self._signing_key = signing_key
        self._tenants: dict[TenantKey, WorkteamTenant] = {}
        self._responders: dict[TenantKey, Responder] = {}

    def responder(self, tenant: TenantKey) -> Responder:
        """Return what answers for a tenant; raises what is answered instead: 401, 403, 429 or 503."""
        known = self._tenants.get(tenant)
        if known is None:
            raise UnauthorizedException(detail=REFUSED)
        if not known.spec.scim.enabled:
            raise Unavailable(f"SCIM provisioning is not enabled for the tenant {tenant}.", retry_after=PAUSED)
        if known.spec.scim.paused:
            raise Unavailable(f"SCIM provisioning is paused for the tenant {tenant}.", retry_after=PAUSED)
        if known.status.first_ready_time is None and not self._holds_objects(tenant):
            raise ForbiddenException(detail=_not_ready(known))
        if tenant not in self._responders:
            self._responders[tenant] = self._build(tenant)
        responder = self._responders[tenant]
        responder.patch_response = known.spec.scim.patch_response
        responder.admit(known.spec.scim.requests_per_second, self._clock())
        return responder

    def knows(self, tenant: TenantKey) -> bool:
        """Say whether there is such a tenant."""
        return tenant in self._tenants

    def _holds_objects(self, tenant: TenantKey) -> bool:
        return bool(len(self._cache.users(tenant)) or len(self._cache.groups(tenant)))

    def _build(self, tenant: TenantKey) -> Responder:
        objects = TenantObjects(tenant, self._cache, self._around)
        storage = ClusterStorage(self._service.provider, objects)
        handler = ReplayingHandler(self._service, storage, self._ignored)
        types = searched_types(self._service.provider).values()
        answers = Answers(objects, types, Seals(tenant, self._signing_key))
        rate = self._tenants[tenant].spec.scim.requests_per_second
        bucket = Bucket(rate, rate * BURST, self._clock())
        return Responder(tenant, self._base_url(tenant), objects, handler, answers, self._around.new_id, bucket)

    def take(self, namespace: str, tenants: tuple[WorkteamTenant, ...]) -> None:
        """Take all tenants of a namespace."""
        others = {key: held for key, held in self._tenants.items() if key.namespace != namespace}
        self._tenants = others | {tenant.tenant: tenant for tenant in tenants}

    def change(self, event: Event[WorkteamTenant]) -> None:
        """Take one change; what does not parse changes nothing."""
        if event.resource is None:
            return
        if event.change is Change.DELETED:
            self._tenants.pop(event.resource.tenant, None)
        else:
            self._tenants[event.resource.tenant] = event.resource


class TenantFeed:
    """What the informer of the tenants of one namespace feeds."""

    def __init__(self, tenancy: Tenancy, namespace: str) -> None:
        self._tenancy = tenancy
        self._namespace = namespace

    def keep(self, resource: WorkteamTenant) -> WorkteamTenant:
        """Return all of a tenant: there are few."""
        return resource

    def replace(self, listing: Listing[WorkteamTenant], *, began: float) -> None:  # noqa: ARG002 - nobody writes through
        """Take a full list."""
        self._tenancy.take(self._namespace, listing.items)

    def observe(self, event: Event[WorkteamTenant]) -> None:
        """Take one change."""
        self._tenancy.change(event)


def _not_ready(tenant: WorkteamTenant) -> str:
    ready = next((condition for condition in tenant.status.conditions if condition.type == "Ready"), None)
    cause = f" ({ready.reason})" if ready is not None else ""
    return (
        f"The Workteam tenant {tenant.metadata.name} was not reached yet{cause}. Ensure that its Base URL and token "
        "are right and that your Workteam account has Admin permissions."
    )
