"""What a tenant sets up: its own apps, its own modes, and nobody else's."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from sharing import budgets, circuit, publishing, setups, vault
from sharing.configured import (
    UnknownNetwork,
    connector_for,
    mode_of,
    network_called,
    networks_by_hand,
    offered_networks,
    publisher_for,
)
from sharing.connectors.modes import Mode
from sharing.connectors.rates import Scope
from sharing.models import Account, NetworkSetup, State
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests import canaries
from tests.sharing.conftest import LINKEDIN_POSTS, X_POSTS, Press, fresh

pytestmark = pytest.mark.django_db
SECRET = f"{canaries.SECRET}-of-acme"

SetUp = Callable[..., NetworkSetup]


def set_up(tenant: Tenant, network: str, **fields: Any) -> NetworkSetup:
    secret = fields.pop("secret", "")
    row = NetworkSetup(tenant=tenant, network=network, **fields)
    if secret:
        row.client_secret = vault.seal(
            secret, tenant=tenant.pk, row=row.pk, column=setups.COLUMN
        )
        row.secret_saved_at = timezone.now()
    with acting_for(tenant):
        row.save(force_insert=True)
    setups.memory.drop(tenant.pk)
    return row


# -- Apps -------------------------------------------------------------------------------


def test_a_tenant_speaks_for_its_own_app(acme: Tenant, globex: Tenant) -> None:
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)

    mine = connector_for("linkedin", acme.pk)
    theirs = connector_for("linkedin", globex.pk)

    assert mine.credentials.client_id == "acmes"
    assert mine.credentials.client_secret == SECRET
    assert theirs.credentials.client_id == "app"
    assert theirs.credentials.client_secret == canaries.SECRET


def test_what_describes_the_installations_app_says_nothing_of_another(
    acme: Tenant, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON |= {
        "NETWORK_X_APP_PER_DAY": "7",
        "NETWORK_X_BASE_URL": "http://sandbox",
    }
    set_up(acme, "x", client_id="acmes", options={"tenant_per_month": "3"})

    mine = connector_for("x", acme.pk)

    assert "app_per_day" not in mine.options
    assert mine.options["tenant_per_month"] == "3"
    assert mine.base_url == "http://sandbox"


def test_a_secret_opens_for_its_own_row_alone(acme: Tenant, globex: Tenant) -> None:
    row = set_up(acme, "linkedin", client_id="acmes", secret=SECRET)
    stolen = NetworkSetup(
        tenant=globex,
        network="linkedin",
        client_id="acmes",
        client_secret=row.client_secret,
        secret_saved_at=row.secret_saved_at,
    )
    with acting_for(globex):
        stolen.save(force_insert=True)

    theirs = setups.setups_of(globex.pk)["linkedin"]

    assert theirs.client_secret == ""
    assert not theirs.is_readable


def test_no_secret_is_in_what_is_printed(acme: Tenant) -> None:
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)

    printed = repr(setups.setups_of(acme.pk)) + repr(
        connector_for("linkedin", acme.pk).credentials
    )

    assert SECRET not in printed


def test_looking_again_costs_no_query(
    acme: Tenant, django_assert_num_queries: Any
) -> None:
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)
    connector_for("linkedin", acme.pk)

    with django_assert_num_queries(0):
        connector_for("linkedin", acme.pk)
        offered_networks(acme.pk)
        networks_by_hand(acme.pk)


def test_what_was_read_is_believed_for_seconds_only(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mode_of("linkedin", acme.pk) == Mode.API
    with acting_for(acme):  # as another process does it
        NetworkSetup.objects.create(tenant=acme, network="linkedin", mode="off")
    assert mode_of("linkedin", acme.pk) == Mode.API

    monkeypatch.setattr(setups, "LIFE", 0.0)

    assert mode_of("linkedin", acme.pk) == Mode.OFF


def test_a_row_of_another_tenant_is_not_even_seen(acme: Tenant, globex: Tenant) -> None:
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)

    with acting_for(globex), connection.cursor() as cursor:
        cursor.execute(setups.READ, [acme.pk])
        assert cursor.fetchall() == []


def test_a_secret_without_an_app_is_refused_by_the_database(acme: Tenant) -> None:
    with acting_for(acme), pytest.raises(IntegrityError), transaction.atomic():
        NetworkSetup.objects.create(
            tenant=acme,
            network="x",
            client_secret=b"sealed",
            secret_saved_at=timezone.now(),
        )


def test_a_secret_without_its_moment_is_refused_by_the_database(acme: Tenant) -> None:
    with acting_for(acme), pytest.raises(IntegrityError), transaction.atomic():
        NetworkSetup.objects.create(
            tenant=acme, network="x", client_id="app", client_secret=b"sealed"
        )


def test_a_network_is_set_up_once(acme: Tenant) -> None:
    set_up(acme, "x")

    with acting_for(acme), pytest.raises(IntegrityError), transaction.atomic():
        NetworkSetup.objects.create(tenant=acme, network="x")


# -- Modes ------------------------------------------------------------------------------


def test_without_an_app_members_post_themselves(acme: Tenant, settings: Any) -> None:
    settings.NETWORKS_ENVIRON = {}

    assert offered_networks(acme.pk) == []
    assert mode_of("linkedin", acme.pk) == Mode.ASSISTED
    with pytest.raises(UnknownNetwork):
        publisher_for("linkedin", acme.pk)


def test_a_network_that_bills_is_assisted_until_somebody_decides(
    acme: Tenant, globex: Tenant, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON.pop("NETWORK_X_MODE")
    set_up(acme, "x", mode="api")

    assert mode_of("x", acme.pk) == Mode.API
    assert mode_of("x", globex.pk) == Mode.ASSISTED


def test_on_a_stand_in_we_publish(settings: Any) -> None:
    settings.NETWORKS_ENVIRON.pop("NETWORK_X_MODE")
    settings.NETWORKS_ENVIRON |= {"NETWORK_X_BASE_URL": "http://sandbox"}

    assert mode_of("x", None) == Mode.API


def test_a_private_network_is_off_until_a_tenant_wants_it(
    acme: Tenant, globex: Tenant
) -> None:
    set_up(acme, "facebook", mode="assisted")

    assert "facebook" in [one.slug for one in networks_by_hand(acme.pk)]
    assert "facebook" not in [one.slug for one in networks_by_hand(globex.pk)]


def test_what_is_switched_off_is_offered_in_no_way(acme: Tenant) -> None:
    set_up(acme, "linkedin", mode="off")

    assert "linkedin" not in [one.slug for one in offered_networks(acme.pk)]
    assert "linkedin" not in [one.slug for one in networks_by_hand(acme.pk)]
    assert network_called("linkedin", acme.pk).label == "LinkedIn"


def test_a_tenant_without_an_app_cannot_be_published_for(
    acme: Tenant, settings: Any
) -> None:
    settings.NETWORKS_ENVIRON = {}
    set_up(acme, "linkedin", mode="api")

    assert mode_of("linkedin", acme.pk) == Mode.ASSISTED


def test_what_waits_is_held_while_its_network_is_off(
    press: Press, linkedin: Account, acme: Tenant
) -> None:
    publication = press(linkedin)
    set_up(acme, "linkedin", mode="off")

    assert not publishing.publish(acme.pk, publication.pk)

    held = fresh(publication)
    assert (held.state, held.reason) == (State.READY, "operator")
    assert "switched off" in held.explanation


# -- What is counted for one app --------------------------------------------------------


def test_each_app_has_its_own_budget(acme: Tenant, globex: Tenant) -> None:
    set_up(acme, "x", client_id="acmes", secret=SECRET)

    mine = budgets.windows_of(connector_for("x", acme.pk), acme.pk, "42")
    theirs = budgets.windows_of(connector_for("x", globex.pk), globex.pk, "42")

    assert not {one.key for one in mine} & {one.key for one in theirs}


def test_an_app_that_is_refused_stops_nobody_elses(
    press: Press, linkedin: Account, acme: Tenant, globex: Tenant, ada: Membership
) -> None:
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)
    publication = press(linkedin)

    with responses.RequestsMock() as wire:
        wire.add(responses.POST, LINKEDIN_POSTS, status=426, json={})
        publishing.publish(acme.pk, publication.pk)

    assert circuit.gate(connector_for("linkedin", acme.pk).app) is not None
    assert circuit.gate(connector_for("linkedin", globex.pk).app) is None


def test_who_types_the_id_of_another_tenants_app_shares_nothing_with_it(
    acme: Tenant, globex: Tenant
) -> None:
    """It stands in the address of every consent page; the secret stands nowhere."""
    set_up(acme, "linkedin", client_id="acmes", secret=SECRET)
    set_up(globex, "linkedin", client_id="acmes", secret="a guess")

    mine = connector_for("linkedin", acme.pk)
    theirs = connector_for("linkedin", globex.pk)

    assert mine.app != theirs.app
    keys = [
        {one.key for one in budgets.windows_of(connector, acme.pk, "42")}
        for connector in (mine, theirs)
    ]
    assert not keys[0] & keys[1]


def test_a_months_budget_ends_with_the_month(acme: Tenant) -> None:
    set_up(acme, "x", mode="api", options={"tenant_per_month": "2"})
    windows = budgets.windows_of(connector_for("x", acme.pk), acme.pk, "42")
    [month] = [one for one in windows if one.scope == Scope.TENANT]

    assert [budgets.reserve([month]) for _press in range(2)] == [None, None]
    until = budgets.reserve([month])

    now = datetime.now(UTC)
    assert until is not None
    assert until > now
    assert (until.astimezone(UTC).day, until.astimezone(UTC).hour) == (1, 0)
    assert (until - now).days < 31


def test_a_post_beyond_the_months_budget_waits_and_says_why(
    press: Press, x: Account, acme: Tenant
) -> None:
    set_up(acme, "x", mode="api", options={"tenant_per_month": "1"})
    first, second = press(x, key="k1"), press(x, "Something else.", key="k2")

    with responses.RequestsMock() as wire:
        wire.add(responses.POST, X_POSTS, status=201, json={"data": {"id": "1"}})
        publishing.publish(acme.pk, first.pk)
        publishing.publish(acme.pk, second.pk)

    waits = fresh(second)
    assert fresh(first).state == State.PUBLISHED
    assert waits.state == State.READY
    if (waits.not_before - timezone.now()).days:  # not on the month's last day
        assert waits.reason == "budget"
