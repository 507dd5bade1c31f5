"""What the OpenAPI schema says of all operations alike: the ways to fail."""

from collections.abc import Iterator
from typing import Any

from common.problems import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string", "example": "Bad Request"},
        "status": {"type": "integer", "example": 400},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "code": {"type": "string", "description": "A word for a program."},
        "errors": {
            "type": "object",
            "description": "Sentences by field, such as `publications.0.text`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status", "detail"],
}
REASONS = {
    "400": "Something asked for is wrong; `errors` names the fields.",
    "401": "There is no token, or it is not valid.",
    "403": "The member's role does not allow this.",
    "404": "There is no such thing in this tenant, or no such page.",
    "409": "The object is in a state that does not allow this.",
    "413": "The body is too large.",
    "415": "The body is not `application/json`.",
    "429": "Too many requests in this minute; see `Retry-After`.",
}
METHODS = {"get", "put", "patch", "post", "delete"}


def add_problems(result: dict[str, Any], **hook_arguments: Any) -> dict[str, Any]:
    """Add the problem answers to every operation (a drf-spectacular hook)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {f"Problem{s}": answer(s) for s in REASONS}
    for path, operations in result.get("paths", {}).items():
        for method in METHODS & operations.keys():
            operation = operations[method]
            for status in sorted(failures(path, operation)):
                reference = {"$ref": f"#/components/responses/Problem{status}"}
                operation["responses"].setdefault(status, reference)
    return result


def failures(path: str, operation: dict[str, Any]) -> Iterator[str]:
    """Yield the statuses of the problems that an operation can answer with."""
    yield from ("401", "403", "429")
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "path" in places or "page" in names:
        yield "404"
    if "requestBody" in operation or places & {"query", "header"}:
        yield "400"
    if "requestBody" in operation:
        yield from ("413", "415")


def answer(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": REASONS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
