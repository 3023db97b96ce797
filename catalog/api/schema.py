"""What the OpenAPI document says beyond the serializers: the one shape of error."""

from __future__ import annotations

from typing import Any

ERROR = {
    "type": "object",
    "description": "The one shape of error. `code` is stable; the messages are in the language of the request.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "examples": ["stale_version"]},
                "message": {"type": "string"},
                "fields": {
                    "type": "object",
                    "description": "Messages by the dotted name of the field they concern.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
                "params": {"type": "object", "description": "The values that stand in the message."},
            },
        }
    },
}


def describe_operations(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook. Every answer that an operation does not list is an error in the one shape; the first sentence
    of its description is its summary."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", {"description": "An error.", "content": content})
                operation.setdefault("summary", operation.get("description", "").partition(". ")[0].rstrip("."))
    return result
