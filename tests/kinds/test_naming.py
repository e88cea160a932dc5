import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_crds.naming import NOISE_BYTES, Key, TenantKey, is_guid, uuid7, uuid7_time

RFC_MOMENT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
RFC_NOISE = bytes.fromhex("0cc318c4dc0c0c07398f")
RFC_UUID = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
"""The worked example of RFC 9562, appendix A.6."""


def test_the_example_of_the_rfc() -> None:
    assert uuid7(RFC_MOMENT, RFC_NOISE) == RFC_UUID
    assert uuid7_time(RFC_UUID) == RFC_MOMENT


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001 - made aware below
    st.binary(min_size=NOISE_BYTES, max_size=NOISE_BYTES),
    st.binary(min_size=NOISE_BYTES, max_size=NOISE_BYTES),
)
def test_names_sort_by_creation(moment: datetime, noise: bytes, other: bytes) -> None:
    """A name made a millisecond later sorts behind, whatever the noise; both are valid UUIDs of version 7."""
    early = moment.replace(tzinfo=UTC, microsecond=0)
    first, second = uuid7(early, noise), uuid7(early + timedelta(milliseconds=1), other)
    assert first < second
    assert (uuid.UUID(first).version, uuid.UUID(first).variant) == (7, uuid.RFC_4122)
    assert uuid7_time(first) == early


@pytest.mark.parametrize(
    "name",
    ["ana", "", "a0000000-0000-4000-8000-000000000001", RFC_UUID.upper(), "{" + RFC_UUID + "}"],
    ids=["a word", "nothing", "version 4", "upper case", "braces"],
)
def test_other_names_have_no_time(name: str) -> None:
    """What Git authors choose says nothing about when it was made."""
    assert uuid7_time(name) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a0000000-0000-4000-8000-000000000001", True),
        ("A0000000-0000-4000-8000-00000000000F", True),
        ("a0000000000040008000000000000001", False),
        ("jsmith", False),
        ("", False),
        (None, False),
    ],
)
def test_what_is_a_guid(text: str | None, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """A2 trusts an object id of Entra's, and no nickname."""
    assert is_guid(text) is expected


def test_keys_read_well() -> None:
    assert str(Key("WorkteamUser", "workteam", "ana")) == "WorkteamUser/workteam/ana"
    assert str(TenantKey("workteam", "acme")) == "workteam/acme"
