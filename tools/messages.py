"""Message catalogues without GNU gettext: collect, compare, compile.

`./dev messages` collects and compiles; `./dev check` compares; every run compiles.
"""

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tools.terminal import ROOT, Problem, run, say

LANGUAGES = ("da",)  # the source is English
NOT_SHOWN = {"tools", "tests", "benchmarks", "docs"}
NOT_SHOWN_WITHIN = {"migrations", "__pycache__"}
ONE, WITH_PLURAL = None, (1, 2)
IN_CONTEXT, IN_CONTEXT_WITH_PLURAL = ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS = {"_": ONE, "gettext_noop": ONE} | {
    name + lazy: numbers
    for lazy in ("", "_lazy")
    for name, numbers in {
        "gettext": ONE,
        "ngettext": WITH_PLURAL,
        "pgettext": IN_CONTEXT,
        "npgettext": IN_CONTEXT_WITH_PLURAL,
    }.items()
}
# Dates and tool versions would make every update a difference.
RESTLESS_HEADER = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By'
    r"|Project-Id-Version|Report-Msgid-Bugs-To):.*\n",
    re.MULTILINE,
)
PLACEHOLDER = re.compile(
    r"%%"  # a percent sign, no placeholder
    r"|%\((?P<named>\w+)\)[-+ #0]*\d*(?:\.\d+)?[a-z]"
    r"|(?P<positional>%[-+#0]*\d*(?:\.\d+)?[sdifr])"
    r"|\{(?P<braced>\w*)(?:[!:][^{}]*)?\}"
)


def catalogue_path(language: str, root: Path = ROOT) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


# -- Collect ------------------------------------------------------------------


def source_files(root: Path) -> Iterator[Path]:
    for top in sorted(root.iterdir()):
        shown = top.name == "templates" or (top / "__init__.py").exists()
        if not shown or top.name in NOT_SHOWN:
            continue
        for folder, inner, names in os.walk(top):
            inner[:] = sorted(set(inner) - NOT_SHOWN_WITHIN)
            for name in sorted(names):
                if name.endswith((".py", ".html", ".txt")):
                    yield Path(folder, name)


def collect(root: Path = ROOT) -> Catalog:
    catalogue = Catalog()
    for path in source_files(root):
        place = (path.relative_to(root).as_posix(), 0)
        for text, context in texts_of(path):
            if text and text != ("", ""):
                catalogue.add(text, locations=[place], context=context)
    return catalogue


def texts_of(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    source = path.read_text()
    if path.suffix != ".py":
        if "{" not in source:
            return
        # What Django leaves of a template is no indented Python.
        lines = templatize(source, origin=str(path)).splitlines()
        source = "\n".join(line.lstrip() for line in lines)
    for _, text, _, context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS
    ):
        yield text, context


def updated(language: str, collected: Catalog, root: Path = ROOT) -> str:
    """The catalogue file as it should be: every known translation, nothing obsolete."""
    catalogue = existing(language, root)
    catalogue.update(collected, no_fuzzy_matching=True)
    return written(catalogue)


def written(catalogue: Catalog) -> str:
    output = io.BytesIO()
    write_po(
        output,
        catalogue,
        width=88,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return RESTLESS_HEADER.sub("", output.getvalue().decode()).rstrip("\n") + "\n"


def existing(language: str, root: Path) -> Catalog:
    path = catalogue_path(language, root)
    if not path.exists():
        return Catalog(
            locale=language, header_comment="# Written by ./dev messages.", fuzzy=False
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(root: Path = ROOT) -> None:
    collected = collect(root)
    for language in LANGUAGES:
        text, path = updated(language, collected, root), catalogue_path(language, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        open_ends = [
            m for m in existing(language, root) if m.id and not is_translated(m)
        ]
        say(
            f"{path.relative_to(root)}: {len(collected)} texts, {len(open_ends)} untranslated"
        )


# -- Compare ------------------------------------------------------------------


def complaints(root: Path = ROOT) -> list[str]:
    """One line for each thing that keeps a catalogue from being complete and fresh."""
    found = []
    collected = collect(root)
    for language in LANGUAGES:
        path = catalogue_path(language, root)
        name = path.relative_to(root)
        current = path.read_text() if path.exists() else ""
        if current != updated(language, collected, root):
            found.append(f"{name} is not what the sources say: run ./dev messages")
        for message in existing(language, root):
            if message.id and (what := complaint(message)):
                found.append(f"{name}: {what}: {forms(message.id)[0]!r}")
    return found


def complaint(message: Message) -> str | None:
    if not is_translated(message):
        return "untranslated"
    if message.fuzzy:
        return "fuzzy"
    wanted = [placeholders(text) for text in forms(message.id)]
    given = [placeholders(text) for text in forms(message.string)]
    # "One share" may drop the number that "%(count)s shares" needs.
    same = given[-1] == wanted[-1] and set(given[0]) <= set(wanted[0] + wanted[-1])
    return None if same else "placeholders differ"


def is_translated(message: Message) -> bool:
    strings = forms(message.string)
    return len(strings) == len(forms(message.id)) and all(
        text.strip() for text in strings
    )


def forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def placeholders(text: str) -> list[str]:
    """Names once, however often they stand there; positional ones each time."""
    found = list(PLACEHOLDER.finditer(text))
    named = {match["named"] or match["braced"] for match in found} - {None, ""}
    return sorted(named) + sorted(
        match["positional"] for match in found if match["positional"]
    )


# -- Compile ------------------------------------------------------------------


def compile_catalogues(root: Path = ROOT) -> None:
    """Write the .mo beside each .po that is newer; whole or not at all."""
    for source in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        half = target.with_suffix(f".{os.getpid()}")
        with half.open("wb") as output:
            write_mo(output, catalogue)
        half.replace(target)


def main() -> int:
    match sys.argv[1:]:
        case [] | ["update"]:
            update()
            compile_catalogues()
        case ["compile"]:
            compile_catalogues()
        case ["check"]:
            if found := complaints():
                say("\n".join(found))
                return 1
        case _:
            raise Problem(
                "./dev messages takes update, check or compile; update is the default."
            )
    return 0


if __name__ == "__main__":
    run(main)
