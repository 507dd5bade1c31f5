"""Whatever is sent anywhere, the API never breaks; what it refuses, it explains."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advocacy.api_docs import ID, METHODS, openapi, resolved
from content_library.models import Item
from tests.api.conftest import PROBLEM, Program

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(120)]

OPERATIONS = [
    (method, path)
    for path, methods in openapi()["paths"].items()
    for method in METHODS
    if method in methods
]
NASTY = st.sampled_from(
    [
        "", "\0", "\ud800", "a" * 5000, ID, "2026-11-23T09:00:00+01:00", "9999-12-31",
        "0001-01-01T00:00:00Z", "https://a.example/", "javascript:alert(1)", "ready",
        "' OR 1=1 --", "{{ 7*7 }}", "\u202eevil", "👩🏽‍🔧", -1, 0, 2**63, 10**400, 1e308,
        True, None, [], {},
    ]
)  # fmt: skip
LEAVES = NASTY | st.text(max_size=20) | st.integers() | st.floats(allow_nan=False)
KEYS = st.text(max_size=8) | st.sampled_from(["item", "account", "text", "network"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=6,
)
CALM = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def shaped(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return bodies with the right names, and values that fit now and then."""
    part = resolved(part)
    if isinstance(values := part.get("additionalProperties"), dict):
        return st.dictionaries(st.text(), shaped(values), max_size=30) | st.text()
    if part.get("type") == "object":
        fields = {name: shaped(sub) for name, sub in part["properties"].items()}
        return VALUES | st.fixed_dictionaries({}, optional=fields)
    if part.get("type") == "array":
        return VALUES | st.lists(shaped(part["items"]), max_size=3)
    return VALUES


def bodies(method: str, path: str) -> st.SearchStrategy[Any]:
    operation = openapi()["paths"][path][method]
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return shaped(schema) if schema else VALUES


def judge(answer: Any) -> None:
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert answer["Content-Type"] == PROBLEM
        assert answer.json()["status"] == answer.status_code
    elif answer.content:
        answer.json()


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_no_body_breaks_an_operation(
    method: str,
    path: str,
    ada_api: Program,
    draft: Item,
    item: Item,
) -> None:
    targets = [ID, str(draft.pk), str(item.pk)]

    @CALM
    @given(st.data())
    def fuzz(data: Any) -> None:
        body = json.dumps(data.draw(bodies(method, path)))
        address = path.replace("{id}", data.draw(st.sampled_from(targets)))
        key = data.draw(st.text(alphabet=st.characters(max_codepoint=255), max_size=90))
        key = key.replace("\r", "").replace("\n", "")
        judge(
            ada_api.generic(
                method.upper(),
                address,
                body.encode("utf-8", "surrogatepass"),
                content_type="application/json",
                headers={"idempotency-key": key},
            )
        )

    fuzz()


LISTS = [path for method, path in OPERATIONS if method == "get" and "{id}" not in path]


@pytest.mark.parametrize("path", LISTS)
def test_no_question_breaks_a_list(path: str, ada_api: Program, item: Item) -> None:
    operation = openapi()["paths"][path]["get"]
    names = [parameter["name"] for parameter in operation.get("parameters", [])]
    asked = st.sampled_from([*names, "format", "ordering", "lang", ""])
    text = (st.text(max_size=20) | NASTY.map(str)).map(
        lambda value: value.encode("utf-8", "replace").decode()
    )

    @CALM
    @given(st.dictionaries(asked, text, max_size=4))
    def fuzz(query: dict[str, str]) -> None:
        judge(ada_api.get(path, query))

    fuzz()
