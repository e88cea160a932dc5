"""create_app(): one facade from its parts; a test builds as many as it likes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from workteam_crds.cluster.fenced import FencedStore
from workteam_crds.cluster.informer import Informer
from workteam_crds.cluster.port import Cluster
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_scim import health, oauth, recent
from workteam_scim.audit import Audit
from workteam_scim.audited import audited
from workteam_scim.auth import Callers
from workteam_scim.cache import Cache, Feed
from workteam_scim.departures import Departures
from workteam_scim.endpoint import ScimApplication
from workteam_scim.exchange import Receive, Scope, Send
from workteam_scim.keyring import Keyring
from workteam_scim.leadership import Leadership, Terms
from workteam_scim.metrics import Metrics
from workteam_scim.openapi import openapi
from workteam_scim.provider import facade_provider
from workteam_scim.routing import is_below_base_url
from workteam_scim.service import FacadeService
from workteam_scim.settings import Settings
from workteam_scim.tenancy import Tenancy, TenantFeed
from workteam_scim.writing import Surroundings


class Facade:
    """Everything that lives as long as the process: the cache and what feeds it, tokens and tenants."""

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        *,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.now = now
        self.access_token_life = timedelta(minutes=settings.access_token_minutes)
        self.metrics = Metrics()
        self.audit = Audit(now)
        oldest = timedelta(seconds=settings.stale_seconds)
        self.tokens = Keyring(cluster, settings.namespace, settings.token_secret, now, oldest)
        self.callers = Callers(self.tokens, self.metrics, now=now, clock=clock)
        self.service = FacadeService(facade_provider())
        cache = Cache(settings.base_url)
        self.leadership = Leadership(cluster, _terms(settings, new_id))
        store = audited(FencedStore(cluster, self.leadership.fence))
        around = Surroundings(store, new_id, now)
        self._departures = Departures(cache, store)
        self.tenancy = Tenancy(
            cache,
            self.service,
            around,
            base_url=settings.base_url,
            ignored=self.metrics.ignored,
            clock=clock,
            signing_key=self.tokens.signing_key,
        )
        self._informers = [
            informer
            for namespace in settings.tenant_namespaces
            for informer in _informers(cluster, cache, self.tenancy, namespace)
        ]
        for namespace in sorted(settings.tenant_namespaces):
            self.leadership.seat(namespace, [informer for _, at, informer in self._informers if at == namespace])
        self.metrics.watch_staleness(
            (kind, namespace, _seconds(informer)) for kind, namespace, informer in self._informers
        )

    def missing(self) -> list[str]:
        """Name what is missing to answer: kinds that are not read yet, the tokens, and Leases that others hold."""
        unread = [
            f"{kind} in {namespace}" for kind, namespace, informer in self._informers if not informer.listed.is_set()
        ]
        tokens = [] if self.tokens.ready else ["the Secret of the tokens"]
        return unread + tokens + self.leadership.missing()

    async def warm(self) -> None:
        """Wait until all kinds were listed."""
        for _, _, informer in self._informers:
            await informer.listed.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the cluster while the block runs."""
        loops: list[Coroutine[Any, Any, None]] = [
            self.leadership.run(),
            self.tokens.run(),
            self._departures.run(),
        ]
        loops += [informer.run() for _, _, informer in self._informers]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            await self.leadership.retire()
            await self.tokens.close()
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task


class FacadeApp(FastAPI):
    """FastAPI, but requests below a Base URL go straight to SCIM: its layers would cost more than most answers."""

    scim: ScimApplication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request, or the life span, to what answers it."""
        if scope["type"] == "http" and is_below_base_url(scope["path"]):
            await self.scim(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(facade: Facade, *, new_id: Callable[[], str]) -> FastAPI:
    """Build the ASGI application of a facade; its life span is the facade's."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with facade.running():
            yield

    app = FacadeApp(
        title="Workteam SCIM",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.include_router(health.router(facade.missing, facade.metrics))
    app.include_router(oauth.router(_desk(facade, new_id)))
    app.include_router(recent.router(facade.callers, facade.audit))
    app.get("/openapi.json", include_in_schema=False)(_described(app))
    scim = ScimApplication(
        facade.service,
        facade.callers,
        facade.tenancy,
        facade.metrics,
        facade.audit,
        admit=facade.leadership.admit,
        catch_up=facade.leadership.catch_up,
        new_id=new_id,
    )
    app.router.default = scim  # whatever else is asked for is answered as SCIM does, too
    app.scim = scim
    return app


def _described(app: FastAPI) -> Callable[[], Awaitable[JSONResponse]]:
    """Return what answers with the description of all routes."""
    others = get_openapi(title=app.title, version=version("workteam-operator"), routes=app.routes)
    document = openapi(others)

    async def described() -> JSONResponse:
        return JSONResponse(document)

    return described


def _terms(settings: Settings, new_id: Callable[[], str]) -> Terms:
    return Terms(
        lease=settings.lease,
        identity=f"{settings.identity}_{new_id()}",  # a process that starts again is another one
        duration=timedelta(seconds=settings.lease_seconds),
        oldest=timedelta(seconds=settings.stale_seconds),
    )


def _desk(facade: Facade, new_id: Callable[[], str]) -> oauth.TokenDesk:
    return oauth.TokenDesk(
        facade.tokens,
        facade.callers,
        facade.audit,
        facade.metrics,
        known=facade.tenancy.knows,
        now=facade.now,
        life=facade.access_token_life,
        new_id=new_id,
    )


def _informers(
    cluster: Cluster, cache: Cache, tenancy: Tenancy, namespace: str
) -> list[tuple[str, str, Informer[Any]]]:
    users = Informer(cluster, WorkteamUser, namespace, Feed(cache, cache.users, namespace))
    groups = Informer(cluster, WorkteamGroup, namespace, Feed(cache, cache.groups, namespace))
    lists = Informer(cluster, WorkteamGroupMembership, namespace, Feed(cache, cache.lists, namespace))
    tenants = Informer(cluster, WorkteamTenant, namespace, TenantFeed(tenancy, namespace))
    return [(kind.kind, namespace, informer) for kind, informer in _named(tenants, users, groups, lists)]


def _named(*informers: Informer[Any]) -> list[tuple[Any, Informer[Any]]]:
    return list(zip((WorkteamTenant, WorkteamUser, WorkteamGroup, WorkteamGroupMembership), informers, strict=True))


def _seconds(informer: Informer[Any]) -> Callable[[], float]:
    def age() -> float:
        since = informer.age()
        return float("inf") if since is None else since.total_seconds()

    return age
