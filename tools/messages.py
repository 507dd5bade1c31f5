"""Message catalogues without GNU gettext (being written)."""


def compile_catalogues() -> None:
    pass
