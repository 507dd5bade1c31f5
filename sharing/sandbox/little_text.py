"""Read LinkedIn's "little text" the way LinkedIn does: cut at a bare reserved sign."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?P<plain>[^\\|{}@\[\]()<>#*_~]+)"
    r"|\\(?P<escaped>[\\|{}@\[\]()<>#*_~])"
    r"|\{hashtag\|\\?[#\uFF03]\|(?P<template>(?:[^\\|{}@\[\]()<>#*_~\s]|\\.)+)\}"
    r"|(?P<hashtag>#\w+)"
    r"|@\[(?P<mention>(?:[^\\\[\]]|\\.)+)\]\(urn:li:(?:person|organization):[\w-]+\)"
)


def read(commentary: str) -> str:
    """What a reader of the post sees."""
    seen: list[str] = []
    position = 0
    while token := _TOKEN.match(commentary, position):
        if token["template"]:
            seen.append("#" + _plain(token["template"]))
        elif token["mention"]:
            seen.append(_plain(token["mention"]))
        else:
            seen.append(token["plain"] or token["escaped"] or token["hashtag"])
        position = token.end()
    return "".join(seen)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
