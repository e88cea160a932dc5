"""Why a tenant is not ready, in a sentence with the way out, and what each cause means. Pure."""

from typing import NamedTuple

from workteam_crds.conditions import Reason
from workteam_operator.backend.port import BackendDenied, BackendError, BackendRejected, BackendUnavailable

UNAUTHORIZED = 401


class Cause(NamedTuple):
    """Why a tenant is not ready."""

    reason: Reason
    message: str
    """One sentence with the way out."""


NOT_ASKED = Cause(Reason.TENANT_NOT_READY, "Workteam was not asked yet")

DECOMMISSIONED = Cause(
    Reason.TENANT_DECOMMISSIONED,
    "spec.decommissioned: Workteam is not asked any more, and objects are released without a call",
)

NEEDS_A_PERSON = {
    Reason.SECRET_MISSING,
    Reason.UNAUTHORIZED,
    Reason.NOT_ADMINISTRATOR,
    Reason.INVALID,
    Reason.OWNERSHIP_CONFLICT,
    Reason.TENANT_DECOMMISSIONED,
}
"""What only an edit cures, of the tenant, its Secret, or in Workteam."""

ANSWERED = {Reason.UNAUTHORIZED, Reason.NOT_ADMINISTRATOR, Reason.INVALID, Reason.OWNERSHIP_CONFLICT}
"""What is known from Workteam's answers."""

ABOUT_THE_TOKEN = {Reason.SECRET_MISSING, Reason.UNAUTHORIZED, Reason.NOT_ADMINISTRATOR}


def cause_of(error: BackendError) -> Cause:
    """Say why a probe failed, and what helps."""
    match error:
        case BackendDenied(status=status) if status == UNAUTHORIZED:
            return Cause(
                Reason.UNAUTHORIZED,
                f"Workteam refuses the token ({error}): put a valid Bearer Token into the Secret",
            )
        case BackendDenied():
            return Cause(
                Reason.NOT_ADMINISTRATOR,
                f"The token may not write ({error}): ensure that your Workteam account has Admin permissions",
            )
        case BackendUnavailable():
            return Cause(Reason.BACKEND_UNAVAILABLE, f"Workteam does not answer ({error}): it is tried again by itself")
        case BackendRejected():
            return Cause(
                Reason.INVALID,
                f"No SCIM 2.0 is served here ({error}): set spec.workteam.baseURL to Workteam's SCIM Base URL",
            )
        case _:
            return Cause(Reason.BACKEND_UNAVAILABLE, f"{error}: it is tried again by itself")


def secret_missing(name: str, key: str, what: str) -> Cause:
    """Say that there is no token, and what helps."""
    return Cause(Reason.SECRET_MISSING, f"The Secret {name} {what}: store Workteam's Bearer Token in its key {key}")
