"""What a person does about each reason of the closed set, as docs/reference/conditions.md has it. Pure."""

from collections.abc import Mapping

from workteam_crds.conditions import Reason

NONE = "none"

REMEDIES: Mapping[Reason, str] = {
    Reason.PROVISIONED: NONE,
    Reason.DEACTIVATED: NONE,
    Reason.OBSERVED: "`workteam plan` shows all plans; set `spec.mode: Enforce` on the tenant when they are right",
    Reason.GROUPS_UNSUPPORTED: NONE,
    Reason.CREATING: "wait; `Synced` and `Reconciling` say what for",
    Reason.DELETING: "wait",
    Reason.BACKEND_UNAVAILABLE: "none: it is tried again by itself",
    Reason.TENANT_NOT_READY: "mend the tenant",
    Reason.INVALID: "edit what the message names",
    Reason.CONFLICT: "see `Stalled`, or `Synced`",
    Reason.PAUSED: "`workteam resume`, which removes it",
    Reason.IN_SYNC: NONE,
    Reason.ADOPTED: NONE,
    Reason.ATTRIBUTE_UNSUPPORTED: "none, or unmap them in Entra",
    Reason.DRIFT_DETECTED: (
        "set it right in Workteam, or edit the object, or set `spec.drift.policy: Enforce` on the tenant"
    ),
    Reason.ACCESS_WITHHELD: (
        "`active` false, then true, in Entra; or `workteam grant NAME`, which sets `workte.am/grant-access` "
        "to the account's id"
    ),
    Reason.PLANNED: "`workteam plan` shows all plans; set `spec.mode: Enforce` on the tenant when they are right",
    Reason.PENDING: "wait",
    Reason.RECONCILE_PAUSED: "`workteam resume`, which removes the annotation",
    Reason.RECONCILE_ERROR: "see `Reconciling` or `Stalled`",
    Reason.PROGRESSING: "wait",
    Reason.RETRYING_TRANSIENT: "none: it is tried again by itself",
    Reason.RATE_LIMITED: "none; `spec.workteam.requestsPerSecond` may be lowered",
    Reason.DEPROVISION_PENDING: "wait; the object stays until it is",
    Reason.GRACE_PERIOD: "wait; the policy on the tenant can still be changed",
    Reason.INVALID_ATTRIBUTE: "mend the value in Entra or Git",
    Reason.SIZE_LIMIT: "make it smaller: fewer or shorter values, or ask Workteam's administrator",
    Reason.UNIQUENESS_CONFLICT: (
        "`workteam adopt NAME`, which sets `workte.am/adopt` to the account's id, if it is the right one; "
        "else mend or delete it in Workteam: the next sweep sees that, `workteam resync` at once"
    ),
    Reason.DUPLICATE_USER_NAME: "rename or delete one",
    Reason.DUPLICATE_DISPLAY_NAME: "rename or delete one",
    Reason.DUPLICATE_EXTERNAL_ID: "mend the externalId of one, or delete one",
    Reason.CONFIRM_ADOPTION: (
        "`workteam adopt NAME`, which sets `workte.am/adopt` to the account's id, if it is the same person; "
        "else mend it in Workteam, as above"
    ),
    Reason.RESTORED_OBJECT: "see that it is current; then `workte.am/accept-restore: <now, RFC 3339>` on the tenant",
    Reason.ACCOUNT_MISSING: (
        "`deprovisioning.missingAccount: Recreate`, or delete the object; if the access was taken before: "
        "`active` false, then true, in Entra"
    ),
    Reason.PROTECTED: "take the name off that list",
    Reason.UNAUTHORIZED: "a new token in the Secret; ask Workteam's administrator",
    Reason.TENANT_MISSING: "create it; `workteam abandon`, if it is no more",
    Reason.DELETION_BUDGET_EXCEEDED: (
        "see that it is meant; raise the budget, or `workteam release NAME` for one object, `workteam release "
        "--all --for 1h` for all"
    ),
    Reason.CREDENTIALS_ACCEPTED: NONE,
    Reason.SECRET_MISSING: "create it as `spec.workteam.tokenSecretRef` says",
    Reason.NOT_ADMINISTRATOR: "give the Workteam account Admin permission, or take another's token",
    Reason.BUDGET_AVAILABLE: NONE,
    Reason.ANSWERING: NONE,
    Reason.OWNERSHIP_CONFLICT: (
        "set `spec.workteam` back; or, if another organisation is meant, `workte.am/accept-endpoint: "
        "<baseURL>` on the tenant forgets the recorded ids, and every object is matched anew"
    ),
    Reason.TENANT_DECOMMISSIONED: "none; set it to false to take the tenant up again",
}


def way_out(reason: Reason) -> str | None:
    """Return what a person does; None if there is nothing to do, or only to wait."""
    remedy = REMEDIES[reason]
    return None if remedy.startswith((NONE, "wait")) else remedy
