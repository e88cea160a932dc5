"""ScimSettings: what Entra calls, one tenant's part of the facade. Pure."""

import enum
from typing import Annotated

from pydantic import Field

from workteam_crds.part import Part


class PatchResponse(enum.StrEnum):
    """How the facade answers a PATCH that succeeded (RFC 7644 §3.5.2 allows both)."""

    AUTO = "Auto"
    NO_CONTENT = "NoContent"


class ScimSettings(Part):
    """What Entra calls: the facade's side of this tenant."""

    enabled: bool = True
    """Whether the facade answers for this tenant; if not, it says 503."""
    paused: bool = False
    """Whether the facade answers 503 for a while, so that Entra comes back later."""
    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = 100
    """How many requests a second the facade answers; beyond them it says 429 with Retry-After."""
    patch_response: PatchResponse = PatchResponse.AUTO
    """Auto answers with the resource, or with 204 if that is a large group; NoContent always with 204."""
