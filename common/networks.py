"""The networks' names, for apps that must offer them and may not know the connectors."""

_labels: dict[str, str] = {}


def register(slug: str, label: str) -> None:
    """Make a network known; the app that holds the connectors does so at start."""
    _labels[slug] = label


def choices() -> list[tuple[str, str]]:
    """Return slug and name of each network, by name."""
    return sorted(_labels.items(), key=lambda entry: entry[1].casefold())


def label_of(slug: str) -> str:
    """Return the network's name, or the slug of one that is gone."""
    return _labels.get(slug, slug)
