"""What a request says of its own letters, before Django reads it."""

from typing import Any


def forget_charset(environ: dict[str, Any]) -> None:
    """Take the charset out of the content type: all that comes here is UTF-8.

    Django 5.2 cannot even make a request of a charset that has no letters, such as
    ``hex``: it raises ``LookupError`` before any of our code is asked.
    """
    kind = environ.get("CONTENT_TYPE") or ""
    if "charset" in kind.lower():
        parts = kind.split(";")
        kept = [
            part for part in parts if not part.strip().lower().startswith("charset")
        ]
        environ["CONTENT_TYPE"] = ";".join(kept)
