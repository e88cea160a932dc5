"""The client of a stand-in tenant's control endpoint, for tests, crash tests and benches."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import TypeAdapter

from workteam_cli.output import Exit, Problem
from workteam_cli.tenant.faults import Fault
from workteam_cli.tenant.holds import Held
from workteam_cli.tenant.profiles import Behaviour
from workteam_cli.tenant.request_log import Entry
from workteam_cli.tenant.switchboard import PREFIX

_HELD = TypeAdapter(list[Held])
_ENTRIES = TypeAdapter(list[Entry])


class Control:
    """Switches faults, decides about held requests, reads the log. A context manager; calls block for milliseconds.

    Only ``wait_held`` blocks for longer: in a coroutine use ``until_held``, or the loop that sends the request to be
    held stands still. Every call raises ``Problem`` with one sentence if the stand-in cannot be reached or refuses.
    """

    def __init__(self, base_url: str, token: str) -> None:
        """Take the tenant's base URL and its administrator's token."""
        origin = httpx.URL(base_url).copy_with(path=PREFIX, query=None)
        self._client = httpx.Client(
            base_url=origin, headers={"Authorization": f"Bearer {token}"}, timeout=90, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def behaviour(self) -> Behaviour:
        """Return how the tenant behaves at the moment."""
        return Behaviour.model_validate(self._call("GET", "/behaviour").json())

    def behave(self, **changes: Any) -> Behaviour:
        """Change fields of ``Behaviour``, keep the others, and return the whole. Searches catch up first."""
        behaviour = Behaviour.model_validate(self.behaviour().model_dump() | changes)
        self._call("PUT", "/behaviour", json=behaviour.model_dump(mode="json"))
        return behaviour

    def catch_up(self) -> None:
        """Let lagging searches show the present, from which they lag again."""
        self._call("POST", "/catch-up")

    def add(self, fault: Fault) -> int:
        """Switch a fault on, and return its number."""
        number: int = self._call("POST", "/faults", json=fault.model_dump(mode="json")).json()["number"]
        return number

    def matched(self) -> dict[int, int]:
        """Return how many requests each fault has matched, by its number."""
        return {fault["number"]: fault["matched"] for fault in self._call("GET", "/faults").json()}

    def remove(self, number: int) -> None:
        """Switch one fault off; what it holds stays held."""
        self._call("DELETE", f"/faults/{number}")

    def clear(self) -> None:
        """Switch all faults off; what they hold stays held."""
        self._call("DELETE", "/faults")

    def held(self) -> Sequence[Held]:
        """Return the requests that are held now."""
        return _HELD.validate_python(self._call("GET", "/held").json())

    def wait_held(self, count: int = 1, *, seconds: float = 30) -> Sequence[Held]:
        """Wait until at least ``count`` requests are held, and return them, the longest held first.

        Raises ``TimeoutError`` after ``seconds``, 60 at most.
        """
        held = _HELD.validate_python(self._call("GET", "/held", params={"count": count, "wait": seconds}).json())
        if len(held) < count:
            raise TimeoutError(f"{len(held)} of {count} requests were held within {seconds} s")
        return held

    async def until_held(self, count: int = 1, *, seconds: float = 30) -> Sequence[Held]:
        """Wait as ``wait_held`` does, in a thread."""
        return await asyncio.to_thread(self.wait_held, count, seconds=seconds)

    def release(self, held: Held) -> None:
        """Let a held request go on, whether its client is still there or not."""
        self._call("POST", f"/held/{held.sequence}/release")

    def drop(self, held: Held) -> None:
        """Reset the connection of a held request: it is not handled, or if it was, not answered."""
        self._call("POST", f"/held/{held.sequence}/drop")

    def log(self, since: int = 0) -> Sequence[Entry]:
        """Return the log's entries after a sequence number."""
        return _ENTRIES.validate_python(self._call("GET", "/log", params={"since": since}).json())

    def reset(self) -> None:
        """Delete all accounts and teams, the log's entries and the faults, drop what is held, and behave well."""
        self._call("POST", "/reset")

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **options)
        except httpx.TransportError as error:
            sentence = f"no stand-in tenant answers at {self._client.base_url.copy_with(path='/')}: is it running?"
            raise Problem(sentence, Exit.UNAVAILABLE) from error
        if response.is_success:
            return response
        denied = response.status_code == httpx.codes.UNAUTHORIZED
        cause = response.json().get("error") if "json" in response.headers.get("content-type", "") else "no stand-in"
        raise Problem(f"the stand-in tenant refused {method} {path}: {cause}", Exit.DENIED if denied else Exit.FAILED)
