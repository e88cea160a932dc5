"""The stack that tests share: tenants come and go on it, and its processes can be killed and run again."""

import signal

import httpx

from workteam_cli.controlplane.stack import RunningTenant, Stack


def answer(tenant: RunningTenant, token: str) -> int:
    """Search for nobody at a tenant's Base URL, and return the status code."""
    search = f'{tenant.scim.base_url}/Users?filter=userName eq "nobody"'
    return httpx.get(search, headers={"Authorization": f"Bearer {token}"}, trust_env=False).status_code


def test_tenants_have_tokens_of_their_own(stack: Stack, tenant: RunningTenant) -> None:
    """A new tenant is served to its own token, and to that of no other."""
    first = stack.tenants["workteam.acme"]
    assert answer(tenant, tenant.scim.token) == httpx.codes.OK
    assert answer(tenant, first.scim.token) == httpx.codes.UNAUTHORIZED
    assert answer(first, tenant.scim.token) == httpx.codes.UNAUTHORIZED


def test_killed_and_run_again(stack: Stack, tenant: RunningTenant) -> None:
    """After ``kill -9`` and SIGTERM a process comes back where it was, ready."""
    for name in ("facade", "operator"):
        before = stack.info().pids[name]
        for number in (signal.SIGKILL, signal.SIGTERM):
            stack.kill(name, number)
            assert stack.info().pids[name] is None
            stack.run(name)
        assert stack.info().pids[name] not in (None, before)
    assert answer(tenant, tenant.scim.token) == httpx.codes.OK
