"""Keep secrets that travel in addresses out of the logs."""

import logging
import re

HIDDEN = "[hidden]"
# What comes next in these addresses lets somebody in.
_SECRET = re.compile(
    r"(/(?:invitations|accounts/magic|accounts/password/reset/key|mails/stop|m)/)[^/\s\"?]+"
)
_QUERY = re.compile(r"\?[^\s\"]+")


def without_secrets(text: str) -> str:
    """Return the text with the secret part of each address hidden."""
    return _SECRET.sub(rf"\1{HIDDEN}", text)


def without_query(text: str) -> str:
    """As ``without_secrets``; OAuth's codes and states stand behind the question mark."""
    return _QUERY.sub(f"?{HIDDEN}", without_secrets(text))


class HideSecrets(logging.Filter):
    """Django writes the address of each refused request; the link in it may still open."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        kept = without_secrets(told)
        if kept != told:
            record.msg, record.args = kept, None
        return True
