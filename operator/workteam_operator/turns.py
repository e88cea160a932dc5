"""Whose turn it is among the keys that are ready: urgent ones first, then tenant after tenant, each in order. Pure.

Ten thousand keys of one tenant let another tenant's key through after the one that is next.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import NamedTuple

from workteam_crds.naming import Key


class Ticket(NamedTuple):
    """A place in the order; a key that was put in again has a newer one, and the older one counts no more."""

    number: int
    key: Key


class Turns:
    """The ready keys: for each priority the tenants in turn, for each tenant its keys in the order of their coming."""

    def __init__(self) -> None:
        self._lanes: dict[int, OrderedDict[Hashable, deque[Ticket]]] = {}

    def put(self, priority: int, tenant: Hashable, ticket: Ticket) -> None:
        """Let a key wait for its turn; a tenant that had none waiting comes after the others."""
        self._lanes.setdefault(priority, OrderedDict()).setdefault(tenant, deque()).append(ticket)

    def next(self, counts: Callable[[Ticket], bool], rests: Callable[[Hashable], bool]) -> Ticket | None:
        """Return who is next, and let the tenant's other keys wait until all other tenants had theirs.

        Tickets that do not count any more are dropped. Of a tenant that ``rests`` nothing is returned.
        """
        for priority in sorted(self._lanes):
            tenants = self._lanes[priority]
            for tenant in list(tenants):
                if not rests(tenant) and (ticket := self._first(tenants, tenant, counts)) is not None:
                    return ticket
        return None

    def _first(
        self, tenants: OrderedDict[Hashable, deque[Ticket]], tenant: Hashable, counts: Callable[[Ticket], bool]
    ) -> Ticket | None:
        lane = tenants[tenant]
        while lane:
            ticket = lane.popleft()
            if counts(ticket):
                if lane:
                    tenants.move_to_end(tenant)
                else:
                    del tenants[tenant]
                return ticket
        del tenants[tenant]
        return None
