"""One JSON object per line on stderr, without tokens and personal data at any level."""

import logging
import traceback
from datetime import UTC, datetime

import orjson

FIELDS = ("key", "kind", "tenant", "happening", "change")
"""What our own messages may carry beside the text."""

QUIET = dict.fromkeys(("kopf", "aiohttp", "asyncio", "kubernetes"), logging.WARNING)
"""Libraries are heard when something is wrong; below that they may quote what they handle."""


class JsonLines(logging.Formatter):
    """Formats a record; of an exception only its type and places, as its text may quote a value."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def configure(level: str) -> None:
    """Send all logs through one handler."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


def describe(error: BaseException) -> str:
    """Name the type of an exception and the last places it came through, without any value."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return f"{type(error).__name__} at {' > '.join(f'{frame.name}:{frame.lineno}' for frame in frames)}"
