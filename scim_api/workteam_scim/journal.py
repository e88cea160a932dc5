"""Logs: one JSON object a line on stderr. No token, name, address, path or query ever gets into one."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

import orjson

UNUSED = ("logThreads", "logMultiprocessing", "logProcesses", "logAsyncioTasks")
"""What ``logging`` finds out for each record, and no line of ours tells."""
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """Writes a record, and what was given as ``extra``; of an exception its type and place, never its text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in STANDARD},
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _places(record.exc_info[2])
        return orjson.dumps(line, default=str).decode()


def _places(trace: TracebackType | None) -> list[str]:
    """Where it happened: an exception's text may quote a value, its place cannot."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def log_as_json(level: str) -> None:
    """Send everything that is logged to stderr as JSON lines; libraries speak from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for ours in ("workteam_scim", "workteam_crds", "uvicorn"):
        logging.getLogger(ours).setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
    for switch in UNUSED:
        setattr(logging, switch, False)
    logging._srcfile = None  # noqa: SLF001 - how the logging HOWTO spares the caller's place
