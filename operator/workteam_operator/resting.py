"""Which keys are left alone for a while after a pass, so that many changes in a row become one. Pure."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta

from workteam_crds.naming import Key


class Resting:
    """When each key may come again, for as long as that is to come; times are seconds of one clock."""

    def __init__(self, rests: Mapping[str, timedelta]) -> None:
        """``rests`` says for how long keys of a kind rest; those of another kind do not."""
        self._rests = {kind: rest.total_seconds() for kind, rest in rests.items()}
        self._until: OrderedDict[Key, float] = OrderedDict()

    def begin(self, key: Key, now: float) -> None:
        """Let a key rest from now on."""
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        if (rest := self._rests.get(key.kind)) is not None:
            self._until[key] = now + rest
            self._until.move_to_end(key)

    def until(self, key: Key, now: float) -> float:
        """Return when a key may come at the earliest."""
        return max(self._until.get(key, 0.0), now)
