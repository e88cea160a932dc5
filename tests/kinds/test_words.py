"""What people say by annotation, and how what they may mean is read."""

import pytest

from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.custom_resource import APPROVE_DELETIONS_UNTIL, PAUSED
from workteam_crds.testing import a_tenant


def said(name: str, value: str | None) -> WorkteamTenant:
    """Return a tenant with one annotation, or none."""
    tenant = a_tenant()
    annotations = {} if value is None else {name: value}
    return tenant.model_copy(update={"metadata": tenant.metadata.model_copy(update={"annotations": annotations})})


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (None, False),
        ("", False),
        (" ", False),
        ("false", False),
        ("False", False),
        ("true", True),
        ("True", True),
        ("yes", True),
        ("1", True),
        ("until Monday", True),
        ("no", True),
    ],
)
def test_a_pause_fails_safe(value: str | None, *, holds: bool) -> None:
    """Whatever else stands there was meant to hold something."""
    assert said(PAUSED, value).paused is holds


@pytest.mark.parametrize(
    ("value", "unreadable"),
    [
        (None, False),
        ("", False),
        ("2026-11-25T18:00:00Z", False),
        ("2026-11-25T18:00:00+01:00", False),
        ("2026-11-25T18:00:00", True),
        ("tomorrow", True),
    ],
)
def test_a_moment_that_nobody_can_read_is_told_from_none(value: str | None, *, unreadable: bool) -> None:
    """Without an offset it might be any of a day's hours."""
    assert said(APPROVE_DELETIONS_UNTIL, value).is_unreadable(APPROVE_DELETIONS_UNTIL) is unreadable
