"""Whether Workteam may be called: one connection for each tenant, proven by its probe, and when it is probed again."""

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from workteam_crds.kinds.tenants import Endpoint
from workteam_crds.naming import TenantKey
from workteam_operator.backend.guarded import GuardedBackend
from workteam_operator.backend.port import Backend, BackendError, BackendUnavailable
from workteam_operator.pace import backoff
from workteam_operator.settings import Settings
from workteam_operator.tenant_causes import ABOUT_THE_TOKEN, NOT_ASKED, Cause, cause_of
from workteam_operator.tenant_identity import Identity
from workteam_operator.tenant_token import Token
from workteam_operator.tenants import Connection, Tenant

MOMENT = 0.1
"""Seconds after which it is looked again whether passes have ended."""


class Connect(Protocol):
    """Makes the driver that talks to one Base URL with one token; nothing is sent."""

    def __call__(self, base_url: str, token: str, tenant: TenantKey) -> Backend:
        """Raise ``BackendRejected`` if the URL or the token is malformed."""


@dataclass
class _Probing:
    """When a tenant is probed, and over what."""

    connection: Connection | None = None
    """The newest one; it serves the objects once its probe succeeded."""
    tried: bool = False
    due: float = 0
    """Seconds of the monotonic clock."""
    failures: int = 0
    cause: Cause | None = None
    """Why the last probe failed; None if it did not."""


class Prober:
    """Probes tenants when it is time to, opens their gates and closes them."""

    def __init__(self, connect: Connect, identity: Identity, settings: Settings) -> None:
        self._connect = connect
        self._identity = identity
        self._settings = settings
        self._probing: dict[TenantKey, _Probing] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def probe(self, tenant: Tenant, token: Token | Cause) -> Endpoint | None:
        """Probe if it is time to, or if address or token are new; return what was proven in this pass."""
        probing = self._probing.setdefault(tenant.key, _Probing())
        if isinstance(token, Cause):
            self.hold(tenant, token)
            return None
        try:
            connection = self._connection(tenant, probing, token)
            if connection is None:
                probing.due = _clock() + MOMENT
                return None
            if probing.tried and _clock() < probing.due and not self._identity.is_told(tenant):
                return None
            probing.tried = True
            capabilities = await connection.backend.probe()
            conflict = await self._identity.judge(tenant, connection)
        except BackendError as error:
            self._failed(tenant, probing, error)
            return None
        if conflict is not None:
            probing.failures = 0 if tenant.disowning else probing.failures
            self.hold(tenant, conflict)
            return None
        replaced = tenant.connection if tenant.connection is not connection else None
        tenant.connected(connection, capabilities)
        self._close(replaced)
        probing.failures, probing.cause = 0, None
        probing.due = _clock() + self._settings.probe_interval.total_seconds() * _jitter(0.9)
        return connection.endpoint

    def hold(self, tenant: Tenant, cause: Cause) -> None:
        """Close the gate, for a cause that no answer of Workteam's ends by itself, and look again later."""
        probing = self._probing.setdefault(tenant.key, _Probing())
        probing.cause = cause
        tenant.disconnected(cause)
        self._postpone(probing, timedelta(0))

    def due_in(self, tenant: Tenant) -> timedelta:
        """Return when the tenant is to be probed again."""
        return timedelta(seconds=max(self._probing[tenant.key].due - _clock(), 0))

    def refusal(self, tenant: Tenant) -> Cause | None:
        """Return why a new token is not in use, while the old one still serves; None if that is not so."""
        cause = self._probing[tenant.key].cause
        return cause if tenant.ready and cause is not None and cause.reason in ABOUT_THE_TOKEN else None

    def hurry(self, key: TenantKey) -> None:
        """Let the next pass probe."""
        if (probing := self._probing.get(key)) is not None:
            probing.due = 0

    def forget(self, tenant: Tenant) -> None:
        """Let a tenant go, and close its connections."""
        probing = self._probing.pop(tenant.key, _Probing())
        self._close(tenant.connection)
        if probing.connection is not tenant.connection:
            self._close(probing.connection)

    async def close(self) -> None:
        """Wait until the connections of those who went are closed: no call is under way any more."""
        await asyncio.gather(*self._closing)

    def _connection(self, tenant: Tenant, probing: _Probing, token: Token) -> Connection | None:
        """Return the connection that object and Secret ask for now; None: not yet. Raises ``BackendRejected``."""
        base_url, rate = tenant.spec.workteam.base_url, tenant.spec.workteam.requests_per_second
        endpoint = Endpoint(base_url=base_url, secret=token.version)
        now = probing.connection
        if now is not None and (now.endpoint, now.rate) == (endpoint, rate):
            return now
        if tenant.connection is not None and tenant.connection.endpoint.base_url != base_url:
            tenant.disconnected(NOT_ASKED)  # a new token is tried while the old one serves; another address is not
        if self._identity.is_ending(tenant, base_url):
            return None  # what those passes find belongs to the other address
        backend = self._connect(base_url, token.value, tenant.key)
        if now is not tenant.connection:
            self._close(now)
        guarded = GuardedBackend(backend, tenant, rate=rate, clock=_clock)
        probing.connection, probing.tried, probing.failures = Connection(endpoint, rate, guarded), False, 0
        return probing.connection

    def _failed(self, tenant: Tenant, probing: _Probing, error: BackendError) -> None:
        """Close the gate, unless the connection that serves may still be good."""
        probing.cause = cause_of(error)
        if not _still_serves(tenant, probing, error):
            tenant.disconnected(probing.cause)
        asked = error.retry_after if isinstance(error, BackendUnavailable) else None
        self._postpone(probing, asked or timedelta(0))

    def _postpone(self, probing: _Probing, at_least: timedelta) -> None:
        probing.failures += 1
        first, longest = self._settings.backoff_first, self._settings.backoff_longest
        wait = backoff(probing.failures, first=first, longest=longest, jitter=_jitter(0.5))
        probing.due = _clock() + max(wait, at_least).total_seconds()

    def _close(self, connection: Connection | None) -> None:
        if connection is not None:
            task = asyncio.create_task(connection.backend.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _still_serves(tenant: Tenant, probing: _Probing, error: BackendError) -> bool:
    """Say whether a failed probe says nothing of the connection in use.

    One answer that did not come is no outage yet, and a new token that is refused leaves the old one as it is: that one
    closes the gate itself once it is refused too.
    """
    used, probed = tenant.connection, probing.connection
    if not tenant.ready or used is None or probed is None:
        return False
    if probed is used:
        return isinstance(error, BackendUnavailable)
    return probed.endpoint.base_url == used.endpoint.base_url


def _clock() -> float:
    """Return seconds of the loop's clock, by which everything here waits."""
    return asyncio.get_running_loop().time()


def _jitter(least: float) -> float:
    return random.uniform(least, 1)  # noqa: S311 - spreads the load, guards nothing
