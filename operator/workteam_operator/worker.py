"""Takes keys from the queue, has them reconciled, and gives them back. Whatever is raised becomes a later visit."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Protocol

from workteam_crds.cluster.port import ClusterError, ClusterUnavailable, Conflict, NotFound
from workteam_crds.naming import Key
from workteam_operator import metrics
from workteam_operator.logs import describe
from workteam_operator.workqueue import DONE, Outcome, QueueClosed, WorkQueue

log = logging.getLogger(__name__)

MOMENT = Outcome(again_in=timedelta(milliseconds=50))
"""After a conflict: our copy is fresh again, so the next pass decides anew."""


class Reconciler(Protocol):
    """Makes one pass over one kind."""

    async def reconcile(self, key: Key) -> Outcome:
        """Make one pass. Raises ``ClusterError``."""


async def work(
    queue: WorkQueue,
    reconcilers: Mapping[str, Reconciler],
    tenant_of: Callable[[Key], str],
    may_act: Callable[[], Awaitable[None]],
) -> None:
    """Reconcile key after key until the queue is closed; ``tenant_of`` names a key's tenant for the figures.

    A key is held until it ``may_act``: nothing fails, and nobody is blamed, because nothing may be sent just now.
    """
    while True:
        try:
            key = await queue.take()
        except QueueClosed:
            return
        outcome = Outcome(failed=True)
        began = time.perf_counter()
        try:
            await may_act()
            outcome = await _pass(key, reconcilers[key.kind])
        finally:
            queue.done(key, outcome)
            _count(key, tenant_of(key), outcome, time.perf_counter() - began)


async def _pass(key: Key, reconciler: Reconciler) -> Outcome:
    """Make one pass; a failure that nobody expected is logged by its type alone, as its text may name a person."""
    try:
        return await reconciler.reconcile(key)
    except NotFound:
        return DONE
    except Conflict:
        return MOMENT
    except ClusterUnavailable as error:
        log.warning("the cluster does not answer: %s", error, extra={"key": str(key)})
        return Outcome(again_in=error.retry_after, failed=True)
    except ClusterError as error:
        log.error("the cluster refuses: %s", error, extra={"key": str(key)})  # noqa: TRY400 - the text says it all
        return Outcome(failed=True)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - one object must not end the worker
        log.error("a pass failed: %s", describe(error), extra={"key": str(key)})  # noqa: TRY400 - without its text
        return Outcome(failed=True)


def _count(key: Key, tenant: str, outcome: Outcome, seconds: float) -> None:
    result = "failed" if outcome.failed else "done"
    log.debug("a pass is %s after %.0f ms", result, seconds * 1000, extra={"key": str(key), "tenant": tenant})
    metrics.RECONCILES.labels(key.kind, tenant, result).inc()
    metrics.RECONCILE_SECONDS.labels(key.kind).observe(seconds)
