"""Tokens: what is made, what is stored of it, and what opens."""

from datetime import UTC, datetime, timedelta

import pytest

from workteam_crds.naming import TenantKey
from workteam_scim.tokens import NOISE_BYTES, TokenEntry, entry_for, handle_of, hash_token, make_token, read_entries

NOISE = bytes(range(NOISE_BYTES))
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ACME = TenantKey("teams", "acme")


def test_a_token_is_prefix_handle_and_secret() -> None:
    """The handle is six bytes in hexadecimal, the secret 32 bytes in URL-safe base64 without padding."""
    assert make_token(NOISE) == (
        "000102030405",
        "wt_000102030405_BgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCU",
    )


def test_the_entry_is_written_with_these_keys() -> None:
    """Hash, tenant and creation; what is absent has no key, and the token is not in it."""
    entry = entry_for(make_token(NOISE), ACME, created=NOW)
    assert entry.write() == (
        b'{"hash":"sha256:6980ebea0f8596c16ec7521ff13d3b8f9843008e195bdff4f66a72613bdf997e",'
        b'"tenant":"teams/acme","created":"2026-11-24T09:00:00Z"}'
    )
    assert TokenEntry.read(entry.write()) == entry
    assert entry.tenant_key == ACME


def test_only_the_token_itself_opens() -> None:
    """One other character, or the hash itself, opens nothing."""
    token = make_token(NOISE)
    entry = entry_for(token, ACME, created=NOW)
    assert entry.opens(token.text, NOW)
    assert not entry.opens(token.text[:-1] + "V", NOW)
    assert not entry.opens(hash_token(token.text), NOW)


def test_it_stops_opening_at_the_moment_of_its_expiry() -> None:
    token = make_token(NOISE)
    entry = entry_for(token, ACME, created=NOW, expires=NOW + timedelta(days=1))
    assert entry.opens(token.text, NOW + timedelta(hours=23))
    assert not entry.opens(token.text, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        pytest.param("wt_abc_s_e-c", "abc", id="the secret may hold underscores"),
        pytest.param("wt__secret", None, id="no handle"),
        pytest.param("wt_abc", None, id="no secret"),
        pytest.param("xx_abc_secret", None, id="another prefix"),
        pytest.param("", None, id="nothing"),
        pytest.param("wt_abc_" + "s" * 250, None, id="longer than any of ours"),
    ],
)
def test_the_handle_is_the_second_part(text: str, handle: str | None) -> None:
    assert handle_of(text) == handle


@pytest.mark.parametrize(
    "value",
    [b"", b"no JSON", b"{}", b'{"hash":"sha256:0","tenant":"no-namespace","created":"2026-11-24T09:00:00Z"}'],
)
def test_what_is_no_entry_opens_nothing(value: bytes) -> None:
    good = entry_for(make_token(NOISE), ACME, created=NOW)
    assert read_entries({"bad": value, "good": good.write()}) == {"good": good}
