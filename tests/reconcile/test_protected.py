"""Who is never made to leave, and which names on the list protect nobody."""

import pytest

from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.tenants import Deprovisioning
from workteam_crds.kinds.users import UserStatus
from workteam_crds.testing import a_user
from workteam_operator.leavers import fitting_nobody, is_protected

RENAMED = a_user("0190-ana", userName="ana.new@contoso.example").model_copy(
    update={"status": UserStatus(synced_user_name="ana@contoso.example")}
)


@pytest.mark.parametrize(
    ("listed", "so"),
    [
        ("ANA@contoso.example", True),
        ("ana.new@contoso.example", True),
        ("ana.was@contoso.example", True),
        ("0190-ana", True),
        ("ana", False),
    ],
    ids=["Workteam's name of late", "the wanted name", "Workteam's name now", "the object's name", "nobody"],
)
def test_a_person_is_protected_by_every_name(listed: str, *, so: bool) -> None:
    """A rename that is under way opens no gap."""
    policy = Deprovisioning(protected=(listed,))
    assert is_protected(RENAMED, RENAMED.status, policy, account_name="ana.was@contoso.example") is so


@pytest.mark.parametrize(
    ("users", "nobody"),
    [((), ()), ((RENAMED,), ("bo@contoso.example",)), ((RENAMED, a_user("bo")), ())],
    ids=["before anybody was provisioned", "one is there", "both are"],
)
def test_a_name_that_protects_nobody_is_told(users: tuple[WorkteamUser, ...], nobody: tuple[str, ...]) -> None:
    """As after a rename, or if it was mistyped."""
    policy = Deprovisioning(protected=("0190-ANA", "bo@contoso.example"))
    assert fitting_nobody(policy, users) == nobody
