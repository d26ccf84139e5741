"""What the service logs: a line for each request, with its id, in words or as JSON.

The request that is being answered is known to everything that logs on its behalf. No line holds a key, a query or a
body.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered."""
ACCESS_LOG = "ridethrough.access"
_FIELDS = "fields"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


def log_config(form: LogFormat) -> dict[str, Any]:
    """The configuration of `logging`: everything goes to standard error in one form."""
    quiet = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": _FORMATTERS[form]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "chosen", "stream": sys.stderr}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "ridethrough": {**quiet, "level": "INFO"},
            "uvicorn": {**quiet, "level": "INFO"},
            "uvicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},  # ours says more
        },
    }


def log_answer(message: str, **fields: object) -> None:
    """Log an answer in words, and in fields of their own where lines are JSON."""
    logging.getLogger(ACCESS_LOG).info(message, extra={_FIELDS: fields})


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger, message, the request's id, fields, and the traceback where there is one."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if REQUEST_ID.get() is not None:
            line["request_id"] = REQUEST_ID.get()
        line |= getattr(record, _FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(line, default=str, ensure_ascii=True)


class TextLines(logging.Formatter):
    """One line in words, with the id of its request at the end."""

    def format(self, record: logging.LogRecord) -> str:
        """Write level, message and the request's id; control characters are written as escapes."""
        message = record.getMessage()
        written = message if message.isprintable() else message.encode("unicode_escape").decode("ascii")
        asked = "" if REQUEST_ID.get() is None else f" request_id={REQUEST_ID.get()}"
        line = f"{record.levelname + ':':<9} {written}{asked}"
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + "".join(traceback.format_exception(record.exc_info[1]))
        return line


_FORMATTERS = {LogFormat.TEXT: TextLines, LogFormat.JSON: JsonLines}
