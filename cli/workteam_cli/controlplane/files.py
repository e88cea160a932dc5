"""Files of a home: written whole or not at all, and readable by their owner alone."""

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from workteam_cli.output import Exit, Problem


def write_private(path: Path, text: str) -> None:
    """Write a file atomically with mode 0600; tokens and records live in such files."""
    with on_disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into one sentence that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Problem(
                f"There is no space left on the disk of {folder}: free some and try again.", Exit.CANNOT_WRITE
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise Problem(
                f"{folder} cannot be written ({error.strerror}): correct its permissions or name another folder.",
                Exit.CANNOT_WRITE,
            ) from error
        raise


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; the system drops it when its holder dies. ``waiting`` is called once if another holds it."""
    with on_disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
