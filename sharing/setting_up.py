"""What an admin sees of a network and changes about it; the secret goes one way only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sharing import budgets, circuit, networks, setups, vault
from sharing.configured import (
    default_mode,
    has_app,
    is_disabled,
    mode_of,
    network_called,
    setup_of,
)
from sharing.connectors.base import Connector
from sharing.connectors.modes import BY_HAND, Finding, Mode
from sharing.connectors.rates import UNTOLD, Scope
from sharing.media import why_not_fetched
from sharing.models import Budget, Circuit, NetworkSetup
from sharing.registering import redirect_uri
from tenants import audit
from tenants.models import Membership, Tenant


@dataclass(frozen=True)
class Quota:
    """One limit of the app or the workplace, and how much of it is used."""

    name: str
    used: int
    calls: int
    resets_at: datetime | None


@dataclass(frozen=True)
class Overview:
    """One network as a workplace has it."""

    network: Connector
    tenant: Tenant
    today: date
    row: NetworkSetup | None = None
    broken: Circuit | None = None  # its breaker, where that is open

    @property
    def mode(self) -> Mode:
        return mode_of(self.network.slug, self.tenant.pk)

    @property
    def mode_words(self) -> str | Promise:
        return NetworkSetup.Mode(self.mode).label

    @property
    def usual_words(self) -> str | Promise:
        """What holds where the workplace chooses nothing."""
        return NetworkSetup.Mode(default_mode(self.network)).label

    @property
    def is_by_hand(self) -> bool:
        return self.mode in BY_HAND

    @property
    def publishes(self) -> bool:
        return self.mode == Mode.API

    @property
    def can_publish(self) -> bool:
        return Mode.API in self.network.works_in()

    @property
    def takes_app(self) -> bool:
        return self.can_publish and self.network.needs_app

    @property
    def has_app(self) -> bool:
        return has_app(self.network)

    @property
    def is_disabled(self) -> bool:
        return is_disabled(self.network)

    @property
    def is_own_app(self) -> bool:
        return bool(self.row and self.row.client_id)

    @property
    def has_secret(self) -> bool:
        return bool(self.row and self.row.client_secret)

    @property
    def callback(self) -> str:
        return redirect_uri(self.network.slug)

    @property
    def hooks(self) -> list[tuple[str, str]]:
        """Further addresses that the network calls by itself: what for, and which."""
        place = f"{settings.PUBLIC_URL}/connect/{self.network.slug}/hooks"
        return [(kind, f"{place}/{kind}/") for kind in sorted(self.network.callbacks)]

    @property
    def version_months(self) -> int | None:
        return self.network.version_months(self.today)

    @property
    def is_version_old(self) -> bool:
        months = self.version_months
        return months is not None and months >= self.network.oldest_months

    @cached_property
    def troubles(self) -> list[str]:
        """What somebody has to see to; empty when it works, as far as one can tell."""
        chosen = self.row.mode if self.row else ""
        found = []
        if chosen == Mode.API and not self.has_app:
            found.append(_("There is no app to publish through. Enter its key below."))
        if not setup_of(self.network.slug, self.tenant.pk).is_readable:
            found.append(_("The secret cannot be read any more. Enter it once again."))
        if not self.publishes:
            return found
        if self.broken is not None:
            said = self.broken.explanation
            found.append(
                said or str(self.broken.get_reason_display()).capitalize() + "."
            )
        if self.is_version_old:
            found.append(
                _("The version of the API is %(months)s months old and will soon end.")
                % {"months": self.version_months}
            )
        if why := why_not_fetched(self.network):
            found.append(why)
        return found

    @cached_property
    def quotas(self) -> Sequence[Quota]:
        """The limits that are counted for everybody here, with what is used of them."""
        if not self.publishes:
            return []
        found = budgets.windows_of(self.network, self.tenant.pk, "")
        windows = [
            window
            for window in found
            if window.scope != Scope.ACCOUNT and window.quota != UNTOLD
        ]
        rows = Budget.objects.in_bulk([window.key for window in windows])
        return [quota(window, rows.get(window.key)) for window in windows]


def quota(window: budgets.Window, row: Budget | None) -> Quota:
    names = {
        (Scope.APP, True): _("The whole app, a day"),
        (Scope.TENANT, True): _("This workplace, a day"),
        (Scope.TENANT, False): _("This workplace, a month"),
    }
    name = names.get((window.scope, window.seconds is None), window.key.split(":")[1])
    used, ends = (row.used, row.resets_at) if row else (0, None)
    return Quota(name, used, window.calls, ends)


def read_overviews(tenant: Tenant, today: date) -> list[Overview]:
    """Return every network we know, by name."""
    rows = {row.network: row for row in NetworkSetup.objects.for_tenant(tenant)}
    broken = broken_now()
    found = [
        overview(slug, tenant, today, rows.get(slug), broken)
        for slug in networks.all_networks()
    ]
    return sorted(found, key=lambda one: one.network.label.casefold())


def read_overview(tenant: Tenant, slug: str, today: date) -> Overview:
    """Return one network; raises ``UnknownNetwork``."""
    slug = network_called(slug).slug
    row = NetworkSetup.objects.for_tenant(tenant).filter(network=slug).first()
    return overview(slug, tenant, today, row, broken_now())


def broken_now() -> dict[str, Circuit]:
    """Return the breakers that are open, by whose they are."""
    return {one.network: one for one in circuit.states() if one.opened_at}


def overview(
    slug: str,
    tenant: Tenant,
    today: date,
    row: NetworkSetup | None,
    broken: Mapping[str, Circuit],
) -> Overview:
    network = network_called(slug, tenant.pk)
    return Overview(network, tenant, today, row, broken.get(network.app))


# -- Change -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What an admin wants; an empty secret keeps the one that is there."""

    mode: str
    client_id: str
    client_secret: str
    options: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Change({self.mode!r}, {self.client_id!r})"


def change_setup(
    *, by: Membership, network: str, change: Change, now: datetime
) -> NetworkSetup:
    """Write what was chosen, seal the secret, and note who did it; never what it was."""
    rows = NetworkSetup.objects.for_tenant(by.tenant_id).select_for_update()
    row = rows.filter(network=network).first()
    row = row or NetworkSetup(tenant_id=by.tenant_id, network=network)
    changed = [
        name
        for name in ("mode", "client_id", "options")
        if getattr(row, name) != getattr(change, name)
    ]
    if row.client_id != change.client_id:
        row.client_secret, row.secret_saved_at = b"", None
    row.mode, row.client_id = change.mode, change.client_id
    row.options = dict(change.options)
    if change.client_secret and change.client_id:
        row.client_secret = vault.seal(
            change.client_secret,
            tenant=row.tenant_id,
            row=row.pk,
            column=setups.COLUMN,
        )
        row.secret_saved_at = now
        changed.append("client_secret")
    row.save()
    if changed:
        audit.record("network.set_up", row, by=by, network=network, changed=changed)
    transaction.on_commit(partial(setups.memory.drop, by.tenant_id))
    return row


# -- Test -------------------------------------------------------------------------------


def check(overview: Overview) -> list[Finding]:
    """Find out what works; speaks HTTP: call it outside a transaction."""
    network = overview.network
    if not overview.can_publish:
        return [Finding(True, _("Nothing has to be registered: members post by hand."))]
    if not overview.has_app:
        return [Finding(False, _("There is no app to publish through."))]
    found = network.check_app(overview.callback)
    if not found:
        found = [
            Finding(None, _("This network has no way to test without an account."))
        ]
    months = overview.version_months
    if months is not None:
        words = _("The version of the API is %(months)s months old.")
        found.append(Finding(not overview.is_version_old, words % {"months": months}))
    if network.fetches_media:
        why = why_not_fetched(network)
        found.append(Finding(not why, why or _("The network can fetch our files.")))
    return found
