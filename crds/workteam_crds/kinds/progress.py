"""What users and groups say alike in their status: creates in doubt, bookings, plans. Pure."""

import enum

from workteam_crds.kinds.custom_resource import Short, Text
from workteam_crds.part import Part, Timestamp


class Intent(Part):
    """A create that was begun and whose end is not known yet (rule A7)."""

    external_id: Text
    """The externalId that was sent."""
    user_name: Text
    """The userName (for a team: the displayName) that was sent."""
    at: Timestamp
    """When it was begun."""


class BookingKind(enum.StrEnum):
    """What a booking was made for."""

    DEACTIVATION = "Deactivation"
    DELETION = "Deletion"


class Booking(Part):
    """A loss of access that the tenant's ledger already counts, and that is not reported yet (rule A6)."""

    kind: BookingKind
    """Deactivation or Deletion."""
    generation: int
    """The generation of the object for which it was booked."""


class Plan(Part):
    """What would be done if the tenant were not in mode Plan."""

    hash: Short
    """Changes when the plan does."""
    summary: Text
    """The plan in one sentence: the step and the names of the attributes, never values."""
