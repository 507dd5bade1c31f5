"""Connecting an account, and every way it can go wrong."""

import pytest

from sharing.connectors import errors
from sharing.connectors.types import Credentials, Tokens
from sharing.sandbox import Sandbox, Settings
from tests.sandbox.walking import callback, connect, connector, params, post_of

BOTH = pytest.mark.parametrize("slug", ["linkedin", "x"])


def page_of(network, slug, **changes):
    url = network.authorize_url("st4te", callback(slug), network.challenge("v" * 43))
    for old, new in changes.items():
        url = url.replace(old, new)
    return url


@BOTH
def test_a_member_connects_and_is_recognised(sandbox, slug):
    tokens, profile = connect(sandbox, slug, "Priya Nair")

    assert profile.name == "Priya Nair"
    assert set(tokens.scopes) == set(connector(sandbox, slug).scopes)


@BOTH
def test_people_are_told_apart_and_remembered(sandbox, slug):
    people = {
        connect(sandbox, slug, name)[1].remote_id
        for name in ("Signe Holm", "Jonas Krogh", "Priya Nair", "Somebody New")
    }

    assert len(people) == 4
    assert connect(sandbox, slug, "Somebody New")[1].remote_id in people


@BOTH
def test_cancelling_comes_back_as_a_calm_denial(sandbox, slug):
    network = connector(sandbox, slug)

    back = params(sandbox.consent(page_of(network, slug), allow=False))

    assert back["state"] == "st4te"
    with pytest.raises(errors.Denied):
        network.code_from(back)


@BOTH
def test_a_code_works_once(sandbox, slug):
    network = connector(sandbox, slug)
    code = params(sandbox.consent(page_of(network, slug)))["code"]
    network.exchange(code, callback(slug), "v" * 43)

    with pytest.raises(errors.Refused):
        network.exchange(code, callback(slug), "v" * 43)


@pytest.mark.parametrize(("slug", "seconds"), [("x", 31), ("linkedin", 1801)])
def test_a_code_dies_of_age(sandbox, slug, seconds):
    network = connector(sandbox, slug)
    code = params(sandbox.consent(page_of(network, slug)))["code"]

    sandbox.advance(seconds)

    with pytest.raises(errors.Refused):
        network.exchange(code, callback(slug), "v" * 43)


@BOTH
def test_the_callback_must_be_the_same_to_the_letter(sandbox, slug):
    network = connector(sandbox, slug)
    code = params(sandbox.consent(page_of(network, slug)))["code"]

    with pytest.raises(errors.Refused):
        network.exchange(code, callback(slug).rstrip("/"), "v" * 43)


def test_the_verifier_must_fit_the_challenge(sandbox):
    network = connector(sandbox, "x")
    code = params(sandbox.consent(page_of(network, "x")))["code"]

    with pytest.raises(errors.Refused):
        network.exchange(code, callback("x"), "w" * 43)


@BOTH
def test_a_wrong_secret_is_the_operators_matter(sandbox, slug):
    network = connector(sandbox, slug, Credentials("demo-client", "wrong"))
    code = params(sandbox.consent(page_of(network, slug)))["code"]

    with pytest.raises(errors.OperatorAction):
        network.exchange(code, callback(slug), "v" * 43)


@BOTH
def test_an_unknown_app_gets_no_redirect(sandbox, slug):
    network = connector(sandbox, slug, Credentials("stranger", "x"))

    with pytest.raises(ValueError, match="not registered"):
        sandbox.consent(page_of(network, slug))


def test_an_unregistered_callback_gets_no_redirect():
    known = Settings(callbacks=("https://app.example.com/other/",))

    with Sandbox(known) as sandbox, pytest.raises(ValueError, match="redirect_uri"):
        sandbox.consent(page_of(connector(sandbox, "x"), "x"))


@pytest.mark.parametrize(
    ("slug", "changes", "error"),
    [
        ("x", {"code_challenge": "nothing"}, "invalid_request"),
        ("x", {"state=st4te": f"state={'s' * 501}"}, "invalid_request"),
        ("x", {"tweet.read": "everything"}, "invalid_scope"),
        ("linkedin", {"openid": "r_fullprofile"}, "unauthorized_scope_error"),
        ("linkedin", {"response_type=code": "response_type=token"}, "unsupported"),
    ],
)
def test_a_wrong_request_comes_back_with_its_error(sandbox, slug, changes, error):
    back = sandbox.consent(page_of(connector(sandbox, slug), slug, **changes))

    assert error in params(back)["error"]


# Tokens


def test_a_refreshed_pair_works_and_the_old_one_is_dead(sandbox):
    network = connector(sandbox, "x")
    old, _profile = connect(sandbox, "x")

    new = network.refresh(old)

    assert network.profile(new)
    with pytest.raises(errors.Disconnected):
        network.profile(old)


def test_using_a_refresh_token_twice_ends_the_whole_consent(sandbox):
    network = connector(sandbox, "x")
    old, _profile = connect(sandbox, "x")
    new = network.refresh(old)

    with pytest.raises(errors.Disconnected):
        network.refresh(old)

    with pytest.raises(errors.Disconnected):
        network.refresh(new)
    with pytest.raises(errors.Disconnected):
        network.profile(new)


@pytest.mark.parametrize(
    ("slug", "seconds"), [("x", 7201), ("linkedin", 60 * 86400 + 1)]
)
def test_an_access_token_dies_of_age(sandbox, slug, seconds):
    network = connector(sandbox, slug)
    tokens, profile = connect(sandbox, slug)

    sandbox.advance(seconds)

    with pytest.raises(errors.Disconnected):
        network.publish(tokens, profile.remote_id, post_of(network))


def test_linkedin_gives_no_refresh_token(sandbox):
    tokens, _profile = connect(sandbox, "linkedin")

    assert tokens.refresh_token is None
    with pytest.raises(errors.Disconnected):
        connector(sandbox, "linkedin").refresh(tokens)


@BOTH
def test_a_revoked_token_is_dead_and_revoking_again_is_fine(sandbox, slug):
    network = connector(sandbox, slug)
    tokens, _profile = connect(sandbox, slug)

    network.revoke(tokens)
    network.revoke(tokens)

    with pytest.raises(errors.Disconnected):
        network.profile(tokens)


@BOTH
def test_a_token_of_another_network_is_worth_nothing(sandbox, slug):
    other = "x" if slug == "linkedin" else "linkedin"
    tokens, _profile = connect(sandbox, other)

    with pytest.raises(errors.Disconnected):
        connector(sandbox, slug).profile(Tokens(tokens.access_token))


@BOTH
def test_two_members_hold_separate_consents(sandbox, slug):
    network = connector(sandbox, slug)
    signe, _profile = connect(sandbox, slug, "Signe Holm")
    jonas, _profile = connect(sandbox, slug, "Jonas Krogh")

    network.revoke(signe)

    assert network.profile(jonas).name == "Jonas Krogh"
