"""One JSON line per log event, so that line breaks in data cannot forge entries."""

import datetime as dt
import json
import logging
from typing import Final

# Attribute of a request that was refused or failed: what its page shows, a person can quote.
NUMBER: Final = "failure_number"


class JsonFormatter(logging.Formatter):
    """Time, level, logger and text as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := getattr(getattr(record, "request", None), NUMBER, ""):
            entry["number"] = number
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
