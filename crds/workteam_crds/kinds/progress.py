"""What users and groups say alike in their status: creates in doubt, bookings, plans. Pure."""

import enum
from typing import Annotated

from pydantic import Field

from workteam_crds.kinds.custom_resource import ATOMIC, Short, Text
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


class PlannedAction(enum.StrEnum):
    """What would be done in Workteam."""

    CREATE = "Create"
    ADOPT = "Adopt"
    UPDATE = "Update"
    ACTIVATE = "Activate"
    DEACTIVATE = "Deactivate"
    DELETE = "Delete"
    CHANGE_MEMBERS = "ChangeMembers"
    LET_GO = "LetGo"


class PlannedMembers(Part):
    """How the members of a team would change; numbers only."""

    add: int
    """Accounts that would join."""
    remove: int
    """Accounts that would leave."""


class Refusal(Part):
    """One value that Workteam refused with 400, naming its attribute."""

    path: Text
    """The attribute, such as title or name.givenName."""
    digest: Short
    """A keyless digest of the value, to know it again; never the value."""


class Plan(Part):
    """What would be done if the tenant were not in mode Plan."""

    hash: Short
    """Changes when the plan does."""
    summary: Text
    """The plan in one sentence: the steps and the names of the attributes, never values."""
    actions: Annotated[tuple[PlannedAction, ...], Field(max_length=10, json_schema_extra=ATOMIC)] = ()
    """The steps, in their order."""
    attributes: Annotated[tuple[Text, ...], Field(max_length=200, json_schema_extra=ATOMIC)] = ()
    """The attributes that would be changed, by path."""
    adopts: Text | None = None
    """The id of the account or team that would be adopted."""
    members: PlannedMembers | None = None
    """How the members of a team would change."""
