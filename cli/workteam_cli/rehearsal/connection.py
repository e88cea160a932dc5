"""Entra's *Test Connection*: a search for what cannot exist, and how Entra reads the answer (ENTRA §1)."""

import ssl

import httpx

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.client import Client, RejectedError, UnavailableError, search_query
from workteam_cli.rehearsal.mapping import AttributeMapping


async def test_connection(client: Client, mapping: AttributeMapping, guid: str) -> None:
    """Search users, and with a group mapping groups, by their matching attribute. Raises ``Problem`` (69 or 77)."""
    await _probe(client, "/Users", mapping.users.matching[0].target.text, guid)
    if mapping.groups is not None:
        await _probe(client, "/Groups", mapping.groups.matching[0].target.text, guid)


async def _probe(client: Client, endpoint: str, attribute: str, guid: str) -> None:
    try:
        # Once, not patiently: somebody waits for the verdict.
        await client.once("GET", endpoint, kind=f"test {endpoint}", query=search_query(endpoint, attribute, guid))
    except RejectedError as error:
        raise _refused(client, endpoint, error) from None
    except UnavailableError as error:
        raise _unreachable(client, error) from None
    except Problem:
        raise Problem(
            f"{client.base_url} refuses the token (401); Entra says that you appear to have entered invalid "
            "credentials. Copy the Bearer Token again, or generate a new one.",
            Exit.DENIED,
        ) from None


def _refused(client: Client, endpoint: str, error: RejectedError) -> Problem:
    where = f"{client.base_url}{endpoint}"
    match error.status:
        case 403:
            return Problem(
                f"{where} forbids the search (403{_detail(error)}); ensure that the token belongs to an "
                "account with Admin permission, that provisioning is enabled, and that no firewall wants a User-Agent.",
                Exit.DENIED,
            )
        case 404:
            return Problem(
                f"{where} answers a search with 404, which Entra reads as invalid credentials; check the Base URL "
                "(without /Users), and that the service answers an empty list with 200.",
                Exit.UNAVAILABLE,
            )
        case 400 | 406 | 415:
            return Problem(
                f"{where} does not understand Entra's search ({error.status}{_detail(error)}); the service must accept "
                "filter=… with + and %22, and requests without Content-Type.",
                Exit.UNAVAILABLE,
            )
        case status if 300 <= status < 400:  # noqa: PLR2004 - the redirects
            return Problem(
                f"{where} answers with a redirect ({status}); give the address that it leads to.", Exit.UNAVAILABLE
            )
        case status if 200 <= status < 300:  # noqa: PLR2004 - the successes
            return Problem(
                f"{where} answers with what is no SCIM list (a web page, or a list without schemas and "
                "totalResults); check that the Base URL is that of the SCIM service.",
                Exit.UNAVAILABLE,
            )
        case status:
            return Problem(
                f"{where} answers a search with {status}{_detail(error)}; see the service's log.", Exit.UNAVAILABLE
            )


def _unreachable(client: Client, error: UnavailableError) -> Problem:
    if error.heard:
        sentence = f"{client.base_url} is not ready ({error}{_detail(error)}); wait until it is, then try again."
    elif _is_tls(error):
        sentence = (
            f"{client.base_url} has no certificate that can be trusted, or speaks no TLS 1.2; Entra needs one "
            "from a public authority. For a rehearsal with a private one give its file with --ca-file."
        )
    elif isinstance(error.__cause__, httpx.TimeoutException):
        sentence = f"{client.base_url} does not answer in time; check host, port and network."
    else:
        sentence = f"{client.base_url} cannot be reached ({error}); check host and port, and that the service runs."
    return Problem(sentence, Exit.UNAVAILABLE)


def _is_tls(error: BaseException) -> bool:
    """Whether a TLS failure stands anywhere in the chain of causes."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError) or "SSL" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _detail(error: RejectedError | UnavailableError) -> str:
    """Return the ``detail`` of a SCIM error body, shortened, or nothing."""
    try:
        detail = httpx.Response(200, text=error.body).json().get("detail")
    except (ValueError, AttributeError):
        return ""
    return f": {str(detail)[:200]}" if detail else ""
