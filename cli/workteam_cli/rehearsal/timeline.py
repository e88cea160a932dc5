"""Plays a directory and its dated changes: the cycle that is due, then one for each change set not played yet."""

from collections.abc import Sequence

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.changes import ChangeSet, apply
from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.record import Summary
from workteam_cli.rehearsal.service import Rehearsal


async def play(
    rehearsal: Rehearsal,
    directory: Directory,
    changes: Sequence[ChangeSet] = (),
    *,
    until: str | None = None,
    restart: bool = False,
) -> list[Summary]:
    """Run the cycles that are due and return their summaries, in order. Raises ``Problem``.

    ``directory`` is the state before the first change set; those that the state file has played are applied without a
    cycle. ``restart`` drops the watermark but not which sets were played.
    """
    now = _replayed(rehearsal, directory, changes)
    wanted = _until(changes, until)
    if restart:
        rehearsal.state.forget()
    watermark = rehearsal.state.watermark
    pending = [change_set for change_set in wanted if change_set.id not in watermark.played]
    summaries: list[Summary] = []
    if not watermark.complete or not pending:
        summaries.append(await rehearsal.run_cycle(now))
    for change_set in pending:
        now = apply(now, change_set)
        summaries.append(await rehearsal.run_cycle(now, change_set.id))
        watermark.played.append(change_set.id)
        rehearsal.state.compact()
    return summaries


def _replayed(rehearsal: Rehearsal, directory: Directory, changes: Sequence[ChangeSet]) -> Directory:
    """Return the directory as it was when the state file was written last."""
    played = rehearsal.state.watermark.played
    missing = sorted(set(played) - {change_set.id for change_set in changes})
    if missing:
        cure = "name the same --changes FILE again, or another --state FILE"
        raise Problem(
            f"The state file has played change sets that are not given ({', '.join(missing)}); {cure}.", Exit.USAGE
        )
    for change_set in changes:
        if change_set.id in played:
            directory = apply(directory, change_set)
    return directory


def _until(changes: Sequence[ChangeSet], until: str | None) -> Sequence[ChangeSet]:
    if until is None:
        return changes
    ids = [change_set.id for change_set in changes]
    if until not in ids:
        known = f"known are {', '.join(ids)}" if ids else "name a file with --changes"
        raise Problem(f"There is no change set {until}; {known}.", Exit.USAGE)
    return changes[: ids.index(until) + 1]
