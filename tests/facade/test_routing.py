"""Where a request points: what goes straight to SCIM, and what a path below a Base URL names."""

import pytest

from workteam_scim.routing import Place, is_below_base_url, place


@pytest.mark.parametrize(
    ("path", "below"),
    [
        pytest.param("/ns/acme/scim/v2/Users/1", True, id="a resource"),
        pytest.param("/ns/acme/SCIM/V2", True, id="the Base URL itself, in any case"),
        pytest.param("/scim/v2/oauth/token", False, id="the token endpoint of a tenant named v2"),
        pytest.param("/ns/acme/oauth/token", False, id="the token endpoint"),
        pytest.param("/scim/v2/Users", False, id="no tenant"),
        pytest.param("/healthz", False, id="no tenant's business"),
    ],
)
def test_what_goes_straight_to_scim(path: str, below: bool) -> None:  # noqa: FBT001 - what is expected
    """Namespace and tenant come before ``scim/v2``; FastAPI has everything else."""
    assert is_below_base_url(path) is below


@pytest.mark.parametrize(
    ("segments", "path", "endpoint", "resource_id", "methods"),
    [
        pytest.param([], "/", None, None, {"GET"}, id="the root"),
        pytest.param(["users"], "/Users", "Users", None, {"GET", "POST"}, id="a name in any case"),
        pytest.param(["Users", ".search"], "/Users/.search", "Users", None, {"POST"}, id="a search, not an id"),
        pytest.param(["Users", "A"], "/Users/A", "Users", "A", {"GET", "PUT", "PATCH", "DELETE"}, id="an id as it is"),
        pytest.param(
            ["Users", "{resource_id}"],
            "/Users/{resource_id}",
            "Users",
            "{resource_id}",
            {"GET", "PUT", "PATCH", "DELETE"},
            id="an id that looks like a pattern",
        ),
        pytest.param(["Schemas", "x"], "/Schemas/x", None, "x", {"GET"}, id="a document"),
        pytest.param(["serviceConfiguration"], "/ServiceProviderConfig", None, None, {"GET"}, id="an alias"),
    ],
)
def test_what_a_path_names(
    segments: list[str], path: str, endpoint: str | None, resource_id: str | None, methods: set[str]
) -> None:
    """Only the case of the first name does not count."""
    found = place(segments)
    assert (found.path, found.endpoint, found.resource_id, set(found.served)) == (path, endpoint, resource_id, methods)


@pytest.mark.parametrize("segments", [["Nothing"], ["Users", "1", "emails"], ["Bulk", "1"]])
def test_what_is_nowhere(segments: list[str]) -> None:
    """No method is served there, and metrics call it ``none``."""
    found = place(segments)
    assert found == Place("/" + "/".join(segments), {})
    assert found.resource == "none"
