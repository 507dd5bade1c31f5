"""Find the addresses in a text as X's public twitter-text rules do.

Written to stay linear on hostile text: ends are found by scanning, not by
backtracking over nested repetition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# The names in the DNS root zone; a missing new one costs a wrong count at most.
TLDS = frozenset(Path(__file__).with_name("tlds.txt").read_text("utf-8").split())
MAX_URL = 4096
_INVALID = "\\uFFFE\\uFEFF\\uFFFF"
_MARKS = "\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069"
_SPACES = "\\x09-\\x0D\\x20\\x85\\xA0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000"
_PUNCTUATION = re.escape("!'#%&'()*+,\\-./:;<=>?@[]^_{|}~$")
_LATIN = (
    "\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B"
    "\\u0263\\u0268\\u026F\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF"
)
_LETTER = f"[^{_PUNCTUATION}{_SPACES}{_INVALID}{_MARKS}]"
# The bounds are those of DNS; without them hostile text costs quadratic time.
_LABEL = f"{_LETTER}{{1,64}}(?:[-_]{{1,32}}{_LETTER}{{1,64}}){{0,32}}"

_START = re.compile(
    f"(?:^|(?<=[^A-Za-z0-9@\\uFF20$#\\uFF03{_INVALID}]))(https?://)?({_LABEL}(?:\\.{_LABEL}){{1,32}})",
    re.IGNORECASE,
)
_ASCII_HOST = re.compile(f"[-a-z0-9{_LATIN}]+(?:\\.[-a-z0-9{_LATIN}]+)*\\.", re.I)
_PORT = re.compile(r":[0-9]+")
_IN_PATH = re.compile(
    f"[a-z0-9\\u0400-\\u04FF{_LATIN}!*';:=+,.$/%#\\[\\]\\-\\u2013_~@|&]+", re.IGNORECASE
)
_PATH_END = re.compile(f"[-+a-z0-9\\u0400-\\u04FF{_LATIN}=_#/]", re.IGNORECASE)
_QUERY = re.compile(r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*", re.IGNORECASE)
_QUERY_END = re.compile(r"[a-z0-9\-_&=#/]", re.IGNORECASE)
_SHORT = re.compile(r"https?://t\.co/([a-z0-9]+)", re.IGNORECASE)
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)
_WORD = re.compile(r"[0-9A-Za-z]+")
_LONGEST_FOREIGN = max(len(tld) for tld in TLDS if not tld.isascii())


def find_urls(text: str) -> list[tuple[int, int]]:
    """Where the addresses begin and end, in order."""
    if "." not in text:
        return []
    found: list[tuple[int, int]] = []
    # Only at the very beginning may a match skip a character that could belong to it.
    match = _START.match(text, 1) or _START.search(text)
    second_look = match is not None and match.start() == 1
    while match:
        scheme, start = match.group(1), match.start()
        host_end = _host_end(text, match.start(2), match.end(2))
        if host_end is None or (found and start == found[-1][1]):
            match = _START.search(text, 0 if second_look else start + 1)
            second_look = False
            continue
        has_path, end = _tail_end(text, host_end)
        if _sound(text[start:end], text[match.start(2) : host_end]):
            if scheme:
                found += _shortened(text, start, end)
            elif not text[:start].endswith(("-", "_", ".", "/")):
                found += _bare(text, start, host_end, end if has_path else host_end)
        second_look = False
        match = _START.search(text, end)
    return found


def _host_end(text: str, start: int, end: int) -> int | None:
    """Where the longest valid domain inside the run of labels ends."""
    starts = [start]
    for index in range(start, end):
        if text[index] == ".":
            starts.append(index + 1)
    for number in range(len(starts) - 1, 0, -1):
        name = text[starts[number - 1] : starts[number] - 1]
        if "_" not in name:
            tld_end = _tld_end(text, starts[number])
            if tld_end is not None:
                return tld_end
    return None


def _tld_end(text: str, start: int) -> int | None:
    """The end of a top-level domain that begins here, if one does."""
    word = _WORD.match(text, start)
    if word and word.group().lower() in TLDS and not _runs_on(text, word.end()):
        return word.end()
    punycode = _PUNYCODE.match(text, start)
    if punycode:
        return punycode.end()
    for length in range(_LONGEST_FOREIGN, 0, -1):
        tld = text[start : start + length]
        if not tld.isascii() and tld in TLDS and not _runs_on(text, start + len(tld)):
            return start + len(tld)
    return None


def _runs_on(text: str, index: int) -> bool:
    return index < len(text) and bool(re.match(r"[0-9A-Za-z@+-]", text[index]))


def _tail_end(text: str, index: int) -> tuple[bool, int]:
    """Whether a path follows the host, and where port, path and query end."""
    port = _PORT.match(text, index)
    index = port.end() if port else index
    has_path = text.startswith("/", index)
    if has_path:
        index = _path_end(text, index)
    query = _QUERY.match(text, index)
    if query:
        for end in range(query.end(), index + 1, -1):
            if _QUERY_END.match(text[end - 1]):
                return has_path, end
    return has_path, index


def _path_end(text: str, start: int) -> int:
    """The path reaches as far as its last letter, slash or closed pair of brackets."""
    end = index = start
    while index < len(text):
        run = _IN_PATH.match(text, index)
        if run:
            index = run.end()
            end = next(
                (
                    at + 1
                    for at in range(index - 1, run.start() - 1, -1)
                    if _PATH_END.match(text[at])
                ),
                end,
            )
            continue
        closed = _brackets_end(text, index) if text[index] == "(" else None
        if closed is None:
            break
        end = index = closed
    return end


def _brackets_end(text: str, start: int) -> int | None:
    """The end of a bracket pair holding path characters and at most one inner pair."""
    run = _IN_PATH.match(text, start + 1)
    index = run.end() if run else start + 1
    if text.startswith("(", index):
        inner = _IN_PATH.match(text, index + 1)
        if not inner or not text.startswith(")", inner.end()):
            return None
        after = _IN_PATH.match(text, inner.end() + 1)
        index = after.end() if after else inner.end() + 1
    elif not run:
        return None
    return index + 1 if text.startswith(")", index) else None


def _sound(url: str, host: str) -> bool:
    try:
        host_length = len(host.encode("idna"))
    except UnicodeError:
        return False
    return len(url) - len(host) + host_length + len("https://") <= MAX_URL


def _shortened(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """X's own short addresses end with their code, whatever follows."""
    short = _SHORT.match(text, start, end)
    if not short:
        yield start, end
    elif len(short.group(1)) <= 40:
        query = _QUERY.match(text, short.end(), end)
        yield start, query.end() if query else short.end()


def _bare(text: str, start: int, host_end: int, end: int) -> list[tuple[int, int]]:
    """Without a scheme only Latin host names count; the last one owns the path."""
    found: list[tuple[int, int]] = []
    index = start
    while host := _ASCII_HOST.search(text, index, host_end):
        tld_end = _tld_end(text, host.end())
        dot = host.end()
        while tld_end is None and (dot := text.rfind(".", host.start(), dot - 1) + 1):
            if dot - 1 <= host.start():
                break
            tld_end = _tld_end(text, dot)
        if tld_end is not None:
            found.append((host.start(), tld_end))
        index = tld_end or host.end()
    if found and end > host_end:
        found[-1] = (found[-1][0], end)
    return found
