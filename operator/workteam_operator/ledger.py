"""The writer of one tenant's ledger: bookings are serialised here, and compare-and-swap in the tenant's status (A6)."""

from collections.abc import Callable
from datetime import datetime

from workteam_crds.cluster.port import Cluster
from workteam_crds.kinds.tenants import WorkteamTenant
from workteam_crds.kinds.users import BookingKind

MANAGER = "workteam-ledger"


class Ledger:
    """Books losses of access for one tenant."""

    def __init__(
        self, cluster: Cluster, tenant: WorkteamTenant, *, users: Callable[[], int], now: Callable[[], datetime]
    ) -> None:
        """``users`` counts the tenant's users, for the percentage of the budget."""

    async def book(self, kind: BookingKind, *, released: bool = False) -> bool:
        """Count one loss of access before it happens; False if the budget refuses it (``DeletionBudgetExceeded``).

        Call it once per loss, then write ``status.booked`` of the object, then call Workteam. ``released``: a person let
        this one go (``workte.am/release``), so it is counted and never refused. Raises ``ClusterError``: nothing may be
        taken then.
        """
        raise NotImplementedError
