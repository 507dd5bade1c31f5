"""The OpenAPI schema and the page that people read, which is made from it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from sharing.networks import all_networks

METHODS = ("get", "post", "put", "patch", "delete")
TONES = {"get": "info", "post": "good", "delete": "bad"}
ID = "0192f3c4-7a1e-7cc2-9d3a-3f5b8e6a1d20"
# By the field's name, else by its format.
NAMED = {
    "title": "How the new cables were laid",
    "summary": "Forty kilometres in nine days.",
    "why": "It is what their lights run on.",
    "source_name": "Our blog",
    "topics": ["Cables"],
    "text": "I held the torch. Nine days, one very proud crew.",
    "network": min(all_networks()),
    "handle": "ana",
    "name": "Ana",
    "reason": "new",
    "remote_id": "urn:li:share:7123",
    "slug": "acme",
    "language": "en",
    "time_zone": "Europe/Copenhagen",
    "do": "Say where you work.",
    "dont": "Do not speak for the company.",
    "example": "I work on cables at Acme, and …",
    "introduction": "Three things, no more.",
}
SAMPLES = {
    "uuid": ID,
    "date-time": "2026-11-23T09:00:00+01:00",
    "date": "2026-11-23",
    "uri": "https://example.org/story",
    "email": "ana@example.org",
}


@cache
def openapi() -> dict[str, Any]:
    """Return the schema, made once per process, in English."""
    with translation.override("en"):
        generated = SchemaGenerator().get_schema(request=None, public=True)
        plain: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(generated))
    return plain


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI document: JSON, or YAML with ``?format=yaml``."""
    if request.GET.get("format") == "yaml":
        text = OpenApiYamlRenderer().render(openapi())
        return HttpResponse(text, content_type="application/vnd.oai.openapi")
    text = json.dumps(openapi(), indent=1)
    return HttpResponse(text, content_type="application/vnd.oai.openapi+json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the API to people, signed in or not."""
    return render(
        request,
        "api_docs.html",
        {"groups": groups(), "base": f"{settings.PUBLIC_URL}/api/v1/"},
    )


# -- What the page shows of an operation --------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    name: str
    note: str
    required: bool
    words: list[str]
    text: str


@dataclass(frozen=True)
class Operation:
    anchor: str
    method: str
    tone: str
    path: str
    title: str
    text: str
    parameters: list[Parameter]
    curl: str
    status: str
    answer: str


@dataclass(frozen=True)
class Group:
    name: str
    operations: list[Operation]


@cache
def groups() -> list[Group]:
    """Return the operations under the first word of their addresses."""
    found: dict[str, list[Operation]] = {}
    for path, methods in openapi()["paths"].items():
        for method in METHODS:
            if method in methods:
                tag = methods[method]["tags"][0]
                found.setdefault(tag, []).append(operation(path, method, methods))
    return [Group(name, found[name]) for name in sorted(found)]


def operation(path: str, method: str, methods: dict[str, Any]) -> Operation:
    raw = methods[method]
    status, answer = success(raw)
    body = media(raw.get("requestBody", {}))
    title = raw.get("summary") or raw["operationId"].replace("_", " ")
    return Operation(
        anchor=raw["operationId"],
        method=method.upper(),
        tone=TONES.get(method, "warn"),
        path=path,
        title=title,
        text=raw.get("description", ""),
        parameters=list(parameters(raw)),
        curl=curl(path, method, raw, body),
        status=status,
        answer=pretty(sample(answer)) if answer else "",
    )


def parameters(raw: dict[str, Any]) -> Iterator[Parameter]:
    """Yield what is peculiar to the operation; the page explains ids and pages once."""
    for found in raw.get("parameters", []):
        if found["name"] in ("id", "page", "page_size"):
            continue
        part = resolved(found["schema"])
        part = resolved(part["items"]) if part.get("type") == "array" else part
        yield Parameter(
            name=found["name"],
            note=f"{found['in']}, {part.get('format') or part.get('type', '')}",
            required=found.get("required", False),
            words=part.get("enum", []),
            text=found.get("description", ""),
        )


def success(raw: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Return the status of the good answer and the schema of its body."""
    status = min(raw["responses"])
    return status, media(raw["responses"][status])


def media(part: dict[str, Any]) -> dict[str, Any] | None:
    found = part.get("content", {}).get("application/json", {}).get("schema")
    return found if isinstance(found, dict) else None


def curl(path: str, method: str, raw: dict[str, Any], body: Any) -> str:
    """Return a command line that asks for exactly this."""
    lines = ["curl"]
    if method != "get":
        lines[0] += f" -X {method.upper()}"
    lines[0] += f" {settings.PUBLIC_URL}{path.replace('{id}', ID)}"
    lines.append('-H "Authorization: Bearer $TOKEN"')
    lines += [
        f'-H "{found["name"]}: {sample(found["schema"] | found)}"'
        for found in raw.get("parameters", [])
        if found["in"] == "header"
    ]
    if body:
        quoted = json.dumps(sample(body), ensure_ascii=False, indent=2)
        lines.append('-H "Content-Type: application/json"')
        lines.append("-d '" + quoted.replace("'", "'\\''") + "'")
    return " \\\n  ".join(lines)


def pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


# -- Samples -------------------------------------------------------------------------------


def sample(part: dict[str, Any]) -> Any:
    """Return a value that fits the schema."""
    part = resolved(part)
    for fixed in ("example", "default"):
        if fixed in part:
            return part[fixed]
    if part.get("enum"):
        return part["enum"][0]
    if part.get("type") == "object":
        return sample_object(part)
    if part.get("type") == "array":
        return [sample(part["items"])]
    plain = {"integer": 1, "number": 1.5, "boolean": True, "string": "…"}
    return SAMPLES.get(part.get("format", ""), plain.get(part.get("type", "")))


def sample_object(part: dict[str, Any]) -> dict[str, Any]:
    return {
        name: NAMED[name] if name in NAMED else sample(inner)
        for name, inner in part.get("properties", {}).items()
        if not inner.get("writeOnly")
    }


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its references and compositions put in place."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[1]
        return resolved(openapi()["components"]["schemas"][name])
    for several in ("allOf", "oneOf", "anyOf"):
        if several in part:
            return resolved(part[several][0]) | {
                key: value for key, value in part.items() if key != several
            }
    return part
