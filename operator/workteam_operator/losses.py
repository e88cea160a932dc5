"""Objects that went although we did not let them go: somebody took our finalizer off, so nothing was done (rule A4).

Nothing is done now either, as absence decides about no account; it is told, for a person to look at.
"""

import logging
from collections.abc import Callable

from workteam_crds.cluster.port import Severity
from workteam_crds.kinds import WorkteamTenant
from workteam_operator import metrics
from workteam_operator.events import Announcer, Happening
from workteam_operator.ownership import Owner, recorded_id

log = logging.getLogger(__name__)


class Losses:
    """Knows what we let go, and tells of the rest."""

    def __init__(self, events: Announcer, leads: Callable[[], bool]) -> None:
        """``leads`` says whether this operator works: one that stands by sees what another lets go."""
        self._events = events
        self._leads = leads
        self._let_go: set[str | None] = set()

    def hold(self, owner: Owner) -> None:
        """Note that our finalizer is about to be put on."""
        self._let_go.discard(owner.metadata.uid)

    def let_go(self, owner: Owner) -> None:
        """Note that our finalizer is about to be taken off."""
        self._let_go.add(owner.metadata.uid)

    def gone(self, owner: Owner, tenant: WorkteamTenant | None) -> None:
        """Count an object that had an account or team and is no more, and tell its tenant: ids, and no names."""
        let_go, found = owner.metadata.uid in self._let_go, recorded_id(owner)
        self._let_go.discard(owner.metadata.uid)
        meant = let_go or (tenant is not None and tenant.spec.decommissioned)
        if meant or found is None or not self._leads():
            return
        metrics.LOST.labels(owner.kind, str(owner.tenant)).inc()
        log.warning("an object went without our finalizer: %s stays as it is", found, extra={"key": str(owner.key)})
        if tenant is not None:
            text = f"An object went without our finalizer, so nothing was done: {found} stays as it is in Workteam"
            self._events.tell(tenant, Happening.LOST, text, severity=Severity.WARNING)
