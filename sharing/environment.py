"""What the installation's environment says of the networks."""

from django.conf import settings

Values = tuple[tuple[str, str], ...]


def environ(slug: str) -> Values:
    """Return the network's settings: ``NETWORK_<SLUG>_CLIENT_ID`` becomes ``client_id``."""
    prefix = f"NETWORK_{slug.upper()}_"
    return tuple(
        (name.removeprefix(prefix).lower(), value)
        for name, value in sorted(settings.NETWORKS_ENVIRON.items())
        if name.startswith(prefix)
    )
