"""Conditions and their reasons: a closed, published set (docs/reference/conditions.md). Pure."""

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from workteam_crds.part import Part, Timestamp


class ConditionType(enum.StrEnum):
    """What a condition is about."""

    READY = "Ready"
    SYNCED = "Synced"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    CREDENTIALS_VALID = "CredentialsValid"
    DELETION_BUDGET_AVAILABLE = "DeletionBudgetAvailable"
    CIRCUIT_CLOSED = "CircuitClosed"
    OWNERSHIP_CONFLICT = "OwnershipConflict"


class Reason(enum.StrEnum):
    """Why a condition has its status."""

    # Ready
    PROVISIONED = "Provisioned"
    DEACTIVATED = "Deactivated"
    OBSERVED = "Observed"
    GROUPS_UNSUPPORTED = "GroupsUnsupported"
    CREATING = "Creating"
    DELETING = "Deleting"
    BACKEND_UNAVAILABLE = "BackendUnavailable"
    TENANT_NOT_READY = "TenantNotReady"
    INVALID = "Invalid"
    CONFLICT = "Conflict"
    PAUSED = "Paused"
    # Synced
    IN_SYNC = "InSync"
    ADOPTED = "Adopted"
    ATTRIBUTE_UNSUPPORTED = "AttributeUnsupported"
    DRIFT_DETECTED = "DriftDetected"
    ACCESS_WITHHELD = "AccessWithheld"
    PLANNED = "Planned"
    PENDING = "Pending"
    RECONCILE_PAUSED = "ReconcilePaused"
    RECONCILE_ERROR = "ReconcileError"
    # Reconciling
    PROGRESSING = "Progressing"
    RETRYING_TRANSIENT = "RetryingTransient"
    RATE_LIMITED = "RateLimited"
    DEPROVISION_PENDING = "DeprovisionPending"
    GRACE_PERIOD = "GracePeriod"
    # Stalled
    INVALID_ATTRIBUTE = "InvalidAttribute"
    SIZE_LIMIT = "SizeLimit"
    UNIQUENESS_CONFLICT = "UniquenessConflict"
    DUPLICATE_USER_NAME = "DuplicateUserName"
    DUPLICATE_DISPLAY_NAME = "DuplicateDisplayName"
    DUPLICATE_EXTERNAL_ID = "DuplicateExternalId"
    CONFIRM_ADOPTION = "ConfirmAdoption"
    RESTORED_OBJECT = "RestoredObject"
    ACCOUNT_MISSING = "AccountMissing"
    PROTECTED = "Protected"
    UNAUTHORIZED = "Unauthorized"
    TENANT_MISSING = "TenantMissing"
    DELETION_BUDGET_EXCEEDED = "DeletionBudgetExceeded"
    # the tenant's own
    CREDENTIALS_ACCEPTED = "CredentialsAccepted"
    SECRET_MISSING = "SecretMissing"  # noqa: S105 - a reason's name
    NOT_ADMINISTRATOR = "NotAdministrator"
    BUDGET_AVAILABLE = "BudgetAvailable"
    ANSWERING = "Answering"
    OWNERSHIP_CONFLICT = "OwnershipConflict"
    TENANT_DECOMMISSIONED = "TenantDecommissioned"


class ConditionStatus(enum.StrEnum):
    """Whether it holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Part):
    """One statement about an object, as kstatus and ``kubectl wait`` read it."""

    type: ConditionType
    """What the statement is about."""
    status: ConditionStatus
    """Whether it holds: True, False or Unknown."""
    reason: Reason
    """Why, as one word from a closed list."""
    message: Annotated[str, Field(max_length=1024)] = ""
    """Why, as a sentence with the way out."""
    observed_generation: int | None = None
    """The generation of spec that the statement is about."""
    last_transition_time: Timestamp
    """When the status last changed; a new reason or message alone does not move it."""


def with_condition(conditions: Sequence[Condition], new: Condition, *, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions with one set. The transition time moves only when the status does."""
    old = find_condition(conditions, new.type)
    since = old.last_transition_time if old and old.status == new.status else now.replace(microsecond=0)
    others = [c for c in conditions if c.type != new.type]
    return tuple(sorted([*others, new.model_copy(update={"last_transition_time": since})], key=lambda c: c.type))


def without_conditions(conditions: Iterable[Condition], *types: ConditionType) -> tuple[Condition, ...]:
    """Return the conditions but for some types: ``Reconciling`` and ``Stalled`` exist only while they are true."""
    return tuple(c for c in conditions if c.type not in types)


def find_condition(conditions: Iterable[Condition], wanted: ConditionType) -> Condition | None:
    """Return the condition of one type, or None."""
    return next((c for c in conditions if c.type == wanted), None)


def is_true(conditions: Iterable[Condition], wanted: ConditionType) -> bool:
    """Say whether a condition is there and True."""
    found = find_condition(conditions, wanted)
    return found is not None and found.status is ConditionStatus.TRUE
