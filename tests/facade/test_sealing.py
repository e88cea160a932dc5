"""Keys derived from the one key of the tokens' Secret."""

import pytest

from workteam_crds.naming import TenantKey
from workteam_scim.sealing import Purpose, derived, read_key
from workteam_scim.tokens import read_entries

KEY = bytes(range(32))
ACME = TenantKey("workteam", "acme")


@pytest.mark.parametrize(
    ("purpose", "tenant", "expected"),
    [
        (Purpose.CURSOR, ACME, "0928aa6b5451747cf38b7551dde96ed4d98d69b384365003712a9d9107438848"),
        (Purpose.ACCESS_TOKEN, ACME, "14346adabf5aa19b40c646d355cbf848b2c8dc50e3b9d40f303fadaf668afafc"),
        (
            Purpose.CURSOR,
            TenantKey("workteam", "other"),
            "ee25032bde6d965bf8f4b1860b3453464514678c00a032fb33364b1bc06202bc",
        ),
    ],
)
def test_each_purpose_and_tenant_has_a_key_of_its_own(purpose: Purpose, tenant: TenantKey, expected: str) -> None:
    """HKDF-SHA256 over ``workteam/<purpose>/<namespace>/<tenant>``; the values were computed by OpenSSL."""
    assert derived(KEY, purpose, tenant).hex() == expected


@pytest.mark.parametrize(
    ("data", "expected"), [({"signing-key": KEY}, KEY), ({"signing-key": KEY[:31]}, None), ({"other": KEY}, None)]
)
def test_the_key_is_read_from_its_own_entry(data: dict[str, bytes], expected: bytes | None) -> None:
    assert read_key(data) == expected


def test_the_key_is_no_token() -> None:
    """It opens nothing, whatever bytes it has."""
    assert read_entries({"signing-key": KEY}) == {}
