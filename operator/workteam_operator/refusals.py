"""Values that Workteam refuses by name, and how much of its words may be told. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from workteam_crds.kinds.progress import Refusal
from workteam_operator.backend.port import BackendError, BackendRejected, DesiredAccount
from workteam_operator.backend.wire import IDENTITY
from workteam_operator.ownership import Owner

REFUSED = {400, 422}
"""What a server says of a value (RFC 7644 §3.12; some use 422)."""
PRIVATE = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"'<>(),;:]+@[^\s\"'<>(),;:]+|\+?\d[\d /-]{5,}\d")
"""What may be somebody's in a sentence: quoted words, addresses, long numbers."""
MOST = 50


def refused_by(error: BackendError, sent: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Return the values that were sent and are refused by name; none if the refusal is about who somebody is."""
    if not isinstance(error, BackendRejected) or error.status not in REFUSED or error.uniqueness:
        return ()
    if any(_is_named(path, error.detail) for path in IDENTITY):
        return ()
    return tuple(
        _refusal(path, value)
        for path, value in sent.items()
        if path not in IDENTITY and value is not None and _is_named(path, error.detail)
    )


def still_refused(refusals: Iterable[Refusal], desired: DesiredAccount) -> tuple[Refusal, ...]:
    """Return the refusals that hold for an account as it is to be: another value is another try."""
    wanted = {_refusal(path, value) for path, value in desired.attributes.items()}
    return tuple(refusal for refusal in refusals if refusal in wanted)[-MOST:]


def without(desired: DesiredAccount, refusals: Iterable[Refusal]) -> DesiredAccount:
    """Leave refused values out of what is written; they count as what Workteam does not keep."""
    paths = {refusal.path for refusal in refusals}
    kept = {path: value for path, value in desired.attributes.items() if path not in paths}
    return replace(desired, attributes=kept, unsupported=tuple(sorted({*desired.unsupported, *paths})))


def for_the_status(error: BackendRejected, owner: Owner) -> BackendRejected:
    """Return a refusal whose words name nobody else: what is not the object's own is left out."""
    own = {word.casefold() for word in _words(owner.spec.dump())} | {owner.metadata.name.casefold()}

    def shown(found: re.Match[str]) -> str:
        return found[0] if found[0].strip("\"'").casefold() in own else "…"

    return BackendRejected(
        str(error), status=error.status, detail=PRIVATE.sub(shown, error.detail), uniqueness=error.uniqueness
    )


def _refusal(path: str, value: Any) -> Refusal:
    text = json.dumps(value, sort_keys=True, default=str)
    return Refusal(path=path, digest=hashlib.sha256(text.encode()).hexdigest()[:16])


def _is_named(path: str, words: str) -> bool:
    """Say whether a text has an attribute's path, or its last part, as a word: ``name.givenName`` or ``givenName``."""
    short = re.split(r"[:.]", path)[-1]
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", words, re.IGNORECASE) for name in (path, short))


def _words(value: Any) -> Iterator[str]:
    """Yield names and values of a spec, at any depth."""
    match value:
        case dict():
            for name, part in value.items():
                yield name
                yield from _words(part)
        case list() | tuple():
            for part in value:
                yield from _words(part)
        case str():
            yield value
        case _:
            pass
