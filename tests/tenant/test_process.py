"""The stand-in as a process of its own: what survives a kill, what a second one is told, how it ends."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from workteam_cli.output import Exit
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.faults import Hold, Point

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
TOKEN = "tenant-token-for-tests"
READER = "reader-token-for-tests"


class Processes:
    """Starts stand-ins on one home."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.token_file = folder / "token"
        self.token_file.write_text(f"{TOKEN}\n{READER}\n")
        self.started: list[subprocess.Popen[str]] = []
        self.clients: list[httpx.Client] = []

    def command(self, *more: str) -> list[str]:
        """The command line."""
        files = ["--home", str(self.home), "--token-file", str(self.token_file)]
        return [sys.executable, "-m", "workteam_cli.tenant", *files, *more]

    def start(self, *more: str) -> tuple[subprocess.Popen[str], httpx.Client]:
        """Start one, and return it with its administrator, once it answers."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(self.command(*more), stdout=pipe, stderr=pipe, text=True)
        self.started.append(process)
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.clients.append(httpx.Client(base_url=base_url, headers=headers, trust_env=False))
        return process, self.clients[-1]

    def refused(self, *more: str) -> tuple[int, str]:
        """Start one that cannot run, and return its exit code and what it said."""
        done = subprocess.run(self.command(*more), capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr.strip()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    for client in processes.clients:
        client.close()
    for process in processes.started:
        process.kill()
        process.communicate()


def create(client: httpx.Client, name: str) -> int:
    """Create an account, and return the status."""
    return client.post("/Users", json={"schemas": [USER], "userName": name, "externalId": name}).status_code


def user_names(client: httpx.Client) -> list[str]:
    """Every account there is."""
    return sorted(user["userName"] for user in client.get("/Users").json()["Resources"])


def test_what_was_answered_survives_a_kill(processes: Processes) -> None:
    """Created, changed and deleted accounts, their ids, versions and names, and the log are as before."""
    first, client = processes.start()
    statuses = [create(client, name) for name in ("ana", "ben", "cleo")]
    ana, ben, _ = sorted(client.get("/Users").json()["Resources"], key=lambda user: str(user["userName"]))
    change = {"op": "replace", "path": "title", "value": "Zoe\u0308"}
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [change]}
    statuses += [client.patch(f"/Users/{ana['id']}", json=patch).status_code]
    statuses += [client.delete(f"/Users/{ben['id']}").status_code]
    before = client.get(f"/Users/{ana['id']}").json()
    first.kill()
    first.wait()

    _, client = processes.start()
    after = client.get(f"/Users/{ana['id']}").json()
    del before["meta"]["location"], after["meta"]["location"]  # the port is another
    assert statuses == [201, 201, 201, 204, 204]
    assert (user_names(client), after) == (["ana", "cleo"], before)
    assert (create(client, "ANA"), create(client, "ben")) == (409, 201)
    with Control(str(client.base_url), TOKEN) as control:
        log = control.log()
    assert [entry.sequence for entry in log] == list(range(1, len(log) + 1))
    assert [entry.method for entry in log[:3]] == ["POST", "POST", "POST"]


def test_what_was_committed_and_not_answered_survives_a_kill(processes: Processes) -> None:
    """The account is in the journal before its answer could be sent."""
    first, client = processes.start()
    with Control(str(client.base_url), TOKEN) as control:
        control.add(Hold(point=Point.COMMITTED, method="POST"))
        with pytest.raises(httpx.ReadTimeout):
            client.post("/Users", json={"schemas": [USER], "userName": "ana"}, timeout=0.5)
        control.wait_held()
    first.kill()
    first.wait()
    _, client = processes.start()
    assert user_names(client) == ["ana"]


def test_how_it_behaves_survives_a_restart(processes: Processes) -> None:
    """Duplicates that uniqueness off let in are still there, and can be deleted."""
    first, client = processes.start()
    with Control(str(client.base_url), TOKEN) as control:
        control.behave(unique=False)
    assert [create(client, "ana"), create(client, "ana")] == [201, 201]
    first.kill()
    first.wait()
    _, client = processes.start()
    twins = client.get("/Users").json()["Resources"]
    assert [client.delete(f"/Users/{twin['id']}").status_code for twin in twins] == [204, 204]


def test_sigterm_ends_it_in_good_order(processes: Processes) -> None:
    """Exit code 0, also while a request is held; nothing is printed but the base URL, no token above all."""
    process, client = processes.start("--profile", "workteam")
    with Control(str(client.base_url), TOKEN) as control:
        control.add(Hold(point=Point.BEFORE, method="POST"))
        with pytest.raises(httpx.ReadTimeout):
            client.post("/Users", json={"schemas": [USER], "userName": "ana"}, timeout=0.5)
        control.wait_held()
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "", "")


def test_its_files_are_for_its_owner_alone(processes: Processes) -> None:
    """Accounts and log have people's names in them; the token is in neither."""
    _, client = processes.start()
    create(client, "ana")
    modes = {name: (processes.home / name).stat().st_mode & 0o777 for name in ("accounts.jsonl", "requests.jsonl")}
    assert modes == {"accounts.jsonl": 0o600, "requests.jsonl": 0o600}
    assert TOKEN not in "".join((processes.home / name).read_text() for name in modes)


def test_a_second_one_on_the_same_home_is_refused(processes: Processes) -> None:
    processes.start()
    sentence = f"error: another stand-in tenant uses {processes.home}; stop it or choose another --home"
    assert processes.refused() == (Exit.BUSY, sentence)


def test_a_port_in_use_is_named(processes: Processes, tmp_path: Path) -> None:
    _, client = processes.start()
    processes.home = tmp_path / "other"
    code, sentence = processes.refused("--port", str(client.base_url.port))
    assert (code, sentence) == (
        Exit.BUSY,
        f"error: port {client.base_url.port} cannot be used: Address already in use; choose another --port",
    )


@pytest.mark.parametrize("profile", ["full", "workteam"])
def test_a_damaged_file_is_named(processes: Processes, profile: str) -> None:
    processes.home.mkdir()
    accounts = processes.home / "accounts.jsonl"
    accounts.write_text('{"kind": "User"}\n')
    sentence = f"error: line 1 of {accounts} is no account; delete the file to begin anew"
    assert processes.refused("--profile", profile) == (Exit.BAD_FILE, sentence)


@pytest.mark.parametrize(
    ("content", "code", "cause"),
    [
        ("", Exit.BAD_FILE, "must hold one token, or two on lines of their own"),
        ("a\nb\nc\n", Exit.BAD_FILE, "must hold one token, or two on lines of their own"),
        (None, Exit.NO_INPUT, "cannot read the token file"),
    ],
)
def test_a_token_file_that_is_none(processes: Processes, content: str | None, code: Exit, cause: str) -> None:
    if content is None:
        processes.token_file.unlink()
    else:
        processes.token_file.write_text(content)
    returned, sentence = processes.refused()
    assert (returned, cause in sentence) == (code, True)


def test_the_second_token_lacks_the_permission(processes: Processes) -> None:
    _, client = processes.start()
    client.headers["Authorization"] = f"Bearer {READER}"
    assert (client.get("/Users").status_code, create(client, "ana")) == (200, 403)
