"""The composition root: settings → cluster → Lease → operator. The only place that knows concrete drivers."""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import uvloop

from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.lease import Claim
from workteam_crds.cluster.port import ClusterError
from workteam_crds.naming import TenantKey
from workteam_operator import logs, metrics
from workteam_operator.assembly import Operator
from workteam_operator.backend.port import Backend
from workteam_operator.backend.scim import ScimBackend
from workteam_operator.backend.transport import TIMEOUT
from workteam_operator.leadership import Leadership
from workteam_operator.settings import BadSettings, Settings
from workteam_operator.tenant_life import now_utc

BAD_SETTINGS, UNAVAILABLE, BUSY = 64, 69, 75
"""Exit codes, from sysexits.h."""


def main() -> int:
    """Run the operator until SIGTERM; return the exit code."""
    try:
        settings = Settings.read(os.environ)
    except BadSettings as error:
        return _refuse(str(error), BAD_SETTINGS)
    logs.configure(settings.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            return loop.run(_until_signal(settings))
    except BadSettings as error:
        return _refuse(str(error), BAD_SETTINGS)
    except ClusterError as error:
        return _refuse(f"The operator cannot start: {error}", UNAVAILABLE)
    except OSError as error:
        return _refuse(f"The operator cannot serve {settings.host}:{settings.port}: {error.strerror}", BUSY)


async def _until_signal(settings: Settings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with KubernetesCluster.connect() as cluster:
        operator, leadership = elected(settings, cluster)
        return 0 if await operator.run(stop, leadership) else 1


def elected(
    settings: Settings, cluster: KubernetesCluster, *, now: Callable[[], datetime] = now_utc
) -> tuple[Operator, Leadership]:
    """Return an operator that sends nothing unless it holds the Lease, and who takes that."""
    identity = f"{settings.identity}_{uuid.uuid4()}"  # a process that starts again is another one
    duration = timedelta(seconds=settings.lease_seconds)
    leadership = Leadership(cluster, Claim(settings.namespace, settings.lease, identity, duration, longest=TIMEOUT))

    def connect(base_url: str, token: str, tenant: TenantKey) -> Backend:
        return ScimBackend.connect(base_url, token, metrics.meter(str(tenant)), fence=leadership.outside)

    inside = cluster.under(leadership.inside)
    return Operator(settings, inside, connect=connect, now=now, unfenced=cluster), leadership


def _refuse(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
