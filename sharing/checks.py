"""Start-up checks: the publishing times fit together, the networks' limits are numbers."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from sharing import networks
from sharing.connectors.rates import odd_options
from sharing.environment import environ


@register(Tags.compatibility)
def publishing_times_fit(**kwargs: Any) -> list[CheckMessage]:
    """A sweep notices an expired lease before a member is asked; waits rise."""
    problems: list[CheckMessage] = []
    lease, sweep = settings.PUBLISHING_LEASE_SECONDS, settings.PUBLISHING_SWEEP_SECONDS
    settle, ask = (
        settings.PUBLISHING_SETTLE_SECONDS,
        settings.PUBLISHING_ASK_AFTER_SECONDS,
    )
    ladder = settings.PUBLISHING_RETRY_LADDER
    if sweep > lease:
        problems.append(
            Error(
                "PUBLISHING_SWEEP_SECONDS must not be longer than PUBLISHING_LEASE_SECONDS.",
                hint=f"A sweep every {sweep} s finds a lease of {lease} s late.",
                id="sharing.E001",
            )
        )
    if settle > ask:
        problems.append(
            Error(
                "PUBLISHING_SETTLE_SECONDS must not be longer than PUBLISHING_ASK_AFTER_SECONDS.",
                hint="Nobody would look before the member is asked.",
                id="sharing.E002",
            )
        )
    if (
        not ladder
        or any(step <= 0 for step in ladder)
        or list(ladder) != sorted(ladder)
    ):
        problems.append(
            Error(
                "PUBLISHING_RETRY_LADDER must be rising numbers above 0.",
                id="sharing.E003",
            )
        )
    return problems


@register(Tags.compatibility)
def network_limits_are_numbers(**kwargs: Any) -> list[CheckMessage]:
    """A limit that is mistyped would be no limit at all."""
    return [
        Error(
            f"NETWORK_{slug.upper()}_{name.upper()} must be a number of calls; 0 is none.",
            id="sharing.E004",
        )
        for slug in networks.all_networks()
        for name in odd_options(dict(environ(slug)))
    ]
