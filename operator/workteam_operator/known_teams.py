"""Teams as Workteam confirmed them last: kept in memory, so that a change of one member is one request (rule A8)."""

from dataclasses import replace

from workteam_crds.naming import Key
from workteam_operator.backend.port import Team
from workteam_operator.index import Index


class KnownTeams:
    """Confirmed teams, by the key of their group; each has its members."""

    def __init__(self) -> None:
        self._teams: dict[Key, Team] = {}
        self._members: Index[str] = Index()
        self._changes: dict[Key, int] = {}
        self._asked: dict[Key, str] = {}

    def get(self, group: Key) -> Team | None:
        """Return a team; None if Workteam has to be asked."""
        return self._teams.get(group)

    def changes(self, group: Key) -> int:
        """Count the changes by passes that are not the group's: what its own read before one of them is old."""
        return self._changes.get(group, 0)

    def put(self, group: Key, team: Team, *, since: int) -> None:
        """Keep a team whose members are known, unless they were changed ``since``: then Workteam has to be asked."""
        if since != self.changes(group):
            self.forget(group)
            return
        self._teams[group] = team
        self._members.put(group, team.members or ())

    def forget(self, group: Key) -> None:
        """Ask Workteam the next time."""
        self._teams.pop(group, None)
        self._members.put(group, ())

    def ask(self, group: Key, asked: str | None) -> None:
        """Ask Workteam the next time if a person wants to (``workte.am/reconcile-requested-at``), once a wish."""
        if asked is not None and asked != self._asked.get(group):
            self._asked[group] = asked
            self.forget(group)

    def changed(self, group: Key, *, add: frozenset[str] = frozenset(), remove: frozenset[str] = frozenset()) -> None:
        """Note that members came and went by a pass that is not the group's."""
        since = self._changes[group] = self.changes(group) + 1
        if (team := self._teams.get(group)) is not None:
            self.put(group, replace(team, members=(team.members or frozenset()) - remove | add), since=since)

    def having(self, account_id: str) -> frozenset[Key]:
        """Return the groups whose teams have an account, as far as they are known."""
        return self._members.find(account_id)
