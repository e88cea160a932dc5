"""scim2-server's reference application as the Workteam tenant: who may call, who may write, what is stored.

The SCIM protocol is the library's own; here are the tokens, and the parts that ``Behaviour`` changes while it runs.
"""

import enum
import hmac
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from pydantic import ValidationError
from scim2_models import ForbiddenException, ResourceType, ScimProvider, UnauthorizedException
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.errors import MethodNotAllowedException
from scim2_server.requests import ScimRequest
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService
from typing_extensions import override

from workteam_cli.output import Exit, Problem
from workteam_cli.tenant.persistence import Journal
from workteam_cli.tenant.profiles import Behaviour, Profile, tenant_provider
from workteam_cli.tenant.storage import TenantStorage

READS = {Operation.query, Operation.search, Operation.search_with_body}


class Caller(enum.Enum):
    """Whose token a request carries."""

    ADMIN = enum.auto()
    READER = enum.auto()
    """A Workteam account without Admin permission: reads are answered, writes are 403."""


@dataclass(frozen=True, repr=False)
class Tokens:
    """The bearer tokens that the tenant knows."""

    admin: str
    reader: str | None = None

    def caller(self, authorization: str | None) -> Caller | None:
        """Tell who sends an ``Authorization`` header; None for a stranger."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if _same(token, self.admin):
            return Caller.ADMIN
        return Caller.READER if self.reader and _same(token, self.reader) else None


class TenantService(ScimService):
    """The SCIM rules, with the two answers that the library leaves to its user."""

    @override
    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        """Refuse a write without Admin permission, before the resource is looked for."""
        if request.subject is not Caller.ADMIN and target.operation not in READS:
            raise ForbiddenException(detail="The account of this token lacks the Admin permission")

    def ensure_patch_supported(self) -> None:
        """Answer 405 when PATCH is switched off, as servers without it do."""
        if self.config.patch is None or not self.config.patch.supported:
            raise MethodNotAllowedException(allowed=["GET", "PUT", "DELETE"])


class ReferenceApplication(ASGIApplication):
    """The library's application with Workteam's tokens."""

    def __init__(self, storage: TenantStorage, provider: ScimProvider, tokens: Tokens) -> None:
        super().__init__(storage, provider, TenantService(provider))
        self._tokens = tokens
        self._tenant = storage

    def check_auth(self, request: ScimRequest) -> None:
        """Answer 401 to whom we do not know."""
        if self._tokens.caller(request.header("Authorization")) is None:
            raise UnauthorizedException(detail="The bearer token is not valid")

    def get_subject(self, request: ScimRequest) -> Caller | None:
        """Tell who calls; an administrator's token may have lost its permission."""
        caller = self._tokens.caller(request.header("Authorization"))
        return Caller.READER if caller is Caller.ADMIN and not self._tenant.behaviour.admin else caller


class Workteam:
    """One tenant: the application, its accounts in ``home``, and how it behaves at the moment."""

    def __init__(
        self, home: Path, profile: Profile, tokens: Tokens, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Open the accounts of a home; the caller holds its lock."""
        self._profile = profile
        self._tokens = tokens
        self._now = now
        self._behaviour_file = home / "behaviour.json"
        self._journal = Journal(home / "accounts.jsonl")
        self._build(_read_behaviour(self._behaviour_file))

    @property
    def behaviour(self) -> Behaviour:
        """How the tenant behaves at the moment."""
        return self._storage.behaviour

    def behave(self, behaviour: Behaviour) -> None:
        """Behave otherwise from the next request on, also after a restart. Searches catch up first.

        Raises ``ValueError`` if uniqueness is asked for while there are duplicates.
        """
        if behaviour.unique and (names := self._duplicates()):
            raise ValueError(
                f"{names} names stand twice: delete the duplicates, or reset, before uniqueness is on again"
            )
        draft = self._behaviour_file.with_suffix(".draft")
        draft.write_text(behaviour.model_dump_json())
        draft.replace(self._behaviour_file)
        self._build(behaviour)

    def catch_up(self) -> None:
        """Let searches show the present."""
        self._storage.catch_up()

    def reset(self) -> None:
        """Delete every account and team without a trace, and behave well again."""
        self._journal.clear()
        self.behave(Behaviour())

    def close(self) -> None:
        """Close the files."""
        self._journal.close()

    def _build(self, behaviour: Behaviour) -> None:
        """Build the application from new documents: the models follow from these, so the accounts are read anew."""
        provider = tenant_provider(self._profile, behaviour)
        self._storage = TenantStorage(provider, self._journal, behaviour, now=self._now)
        self.application = ReferenceApplication(self._storage, provider, self._tokens)

    def _duplicates(self) -> int:
        names: Counter[tuple[str, str]] = Counter()
        for key, document in self._journal.documents():
            name = document["userName" if key.kind == "User" else "displayName"]
            names[key.kind, normalize("NFC", normalize("NFC", name).lower())] += 1
        return sum(count > 1 for count in names.values())


def _same(token: str, known: str) -> bool:
    return hmac.compare_digest(token.encode(), known.encode())


def _read_behaviour(path: Path) -> Behaviour:
    try:
        return Behaviour.model_validate_json(path.read_bytes()) if path.exists() else Behaviour()
    except ValidationError as error:
        raise Problem(f"{path} is damaged; delete it to let the tenant behave normally", Exit.BAD_FILE) from error
