"""The OpenAPI document and the page for people say what the API does."""

import io
import json
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from advocacy.api_docs import groups, openapi
from tenants.models import Membership
from tests.api.conftest import Program

PATHS = {
    "/api/v1/accounts/", "/api/v1/accounts/{id}/", "/api/v1/feed/", "/api/v1/guidelines/",
    "/api/v1/guidelines/{id}/acknowledge/", "/api/v1/items/", "/api/v1/items/{id}/",
    "/api/v1/items/{id}/approve/", "/api/v1/items/{id}/archive/",
    "/api/v1/items/{id}/clicks/", "/api/v1/me/", "/api/v1/publications/",
    "/api/v1/publications/{id}/", "/api/v1/publications/{id}/answer/",
    "/api/v1/publications/{id}/cancel/", "/api/v1/publications/{id}/retry/",
    "/api/v1/shares/", "/api/v1/shares/{id}/", "/api/v1/shares/{id}/cancel/",
    "/api/v1/topics/",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    openapi.cache_clear()
    groups.cache_clear()


def test_the_schema_is_valid_and_has_no_gaps() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_the_schema_names_every_address() -> None:
    assert set(openapi()["paths"]) >= PATHS


@pytest.mark.django_db
def test_the_schema_is_served_as_json_and_as_yaml() -> None:
    plain = Client().get("/api/v1/schema/")
    other = Client().get("/api/v1/schema/?format=yaml")

    assert plain["Content-Type"] == "application/vnd.oai.openapi+json"
    assert other["Content-Type"] == "application/vnd.oai.openapi"
    assert json.loads(plain.content) == yaml.safe_load(other.content)
    assert Client().post("/api/v1/schema/").status_code == 405


def test_every_operation_asks_for_the_token_and_documents_its_problems() -> None:
    document = openapi()
    scheme = document["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] == [{"bearer": []}], path
            assert {"401", "403", "429"} <= set(operation["responses"]), path
            assert operation["summary"], (method, path)
            if "requestBody" in operation:
                assert {"400", "413", "415"} <= set(operation["responses"]), path
            if "{id}" in path:
                assert "404" in operation["responses"], path
    problem = document["components"]["responses"]["Problem400"]["content"]
    assert list(problem) == ["application/problem+json"]


def test_creating_a_share_documents_its_key() -> None:
    operation = openapi()["paths"]["/api/v1/shares/"]["post"]

    keys = [p for p in operation["parameters"] if p["name"] == "Idempotency-Key"]
    assert [(key["in"], key["required"]) for key in keys] == [("header", True)]
    assert {"200", "201", "400"} <= set(operation["responses"])


def resolve(schema: Any, nullable: bool = False) -> Any:
    """Turn OpenAPI 3.0's schema into JSON Schema: references and ``nullable``."""
    if isinstance(schema, list):
        return [resolve(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return resolve(openapi()["components"]["schemas"][name])
    plain = {key: resolve(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["me", "feed", "items", "topics", "accounts", "shares", "publications"]
)
def test_answers_fit_their_schema(
    cora_api: Program, ana_api: Program, press: dict[str, Any], path: str
) -> None:
    ana_api.share(press)
    operation = openapi()["paths"][f"/api/v1/{path}/"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]

    body = ana_api.get(f"{path}/").json()

    Draft202012Validator(resolve(schema)).validate(body)
    assert path == "me" or path == "topics" or body["count"] == 1


# -- The page for people ------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
def test_anyone_can_read_the_docs(ana: Membership, signed_in: bool) -> None:
    reader = Client()
    if signed_in:
        reader.force_login(ana.user)

    answer = reader.get("/api/v1/docs/")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count('class="card operation"') == sum(
        len(operations) for operations in openapi()["paths"].values()
    )
    assert "Idempotency-Key" in page
    assert "-X POST" in page
    assert 'style="' not in page
    assert "<script>" not in page


def test_the_samples_of_the_docs_fit_their_schema() -> None:
    for group in groups():
        for operation in group.operations:
            if operation.answer:
                raw = openapi()["paths"][operation.path][operation.method.lower()]
                content = raw["responses"][operation.status]["content"]
                schema = resolve(content["application/json"]["schema"])
                Draft202012Validator(schema).validate(json.loads(operation.answer))
