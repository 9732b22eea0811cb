"""The documentation of the API as one plain page that needs nothing from elsewhere, nor any script."""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin


class ManualPage(OpenAPIRenderPlugin):
    """Renders the OpenAPI document at ``/schema``; the document itself is at ``/schema/openapi.json``."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page as HTML."""
        info = openapi_schema["info"]
        parts = [
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])}</title>",
            f"<h1>{escape(info['title'])}</h1><p>Version {escape(info['version'])}. {escape(info['description'])}",
            "<p>As OpenAPI: <a href=/schema/openapi.json>openapi.json</a>. The feed is a WebSocket at ",
            "<code>/api/v1/feed?since=NUMBER&amp;epoch=EPOCH</code>.",
        ]
        for path, operations in sorted(openapi_schema["paths"].items()):
            for method, told in operations.items():
                parts.append(_operation(path, method, told))
        parts += ["<h2>Shapes</h2>", *(_shape(*each) for each in sorted(_schemas(openapi_schema).items()))]
        return "".join(parts).encode()


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return found


def _operation(path: str, method: str, told: dict[str, Any]) -> str:
    rows = "".join(
        f"<dt><code>{escape(each['name'])}</code> ({escape(each['in'])}"
        f"{', needed' if each.get('required') else ''})<dd>{_type(each.get('schema', {}))}"
        for each in told.get("parameters", [])
    )
    body = told.get("requestBody", {}).get("content", {})
    asked = "".join(f"<p>Body: {_type(content.get('schema', {}))}" for content in body.values())
    answers = "".join(
        f"<dt>{escape(code)}<dd>{escape(answer.get('description', ''))} "
        + " ".join(_type(content.get("schema", {})) for content in answer.get("content", {}).values())
        for code, answer in told.get("responses", {}).items()
    )
    return (
        f"<h3><code>{escape(method.upper())} {escape(path)}</code></h3><p>{escape(told.get('summary', ''))}. "
        f"{escape(told.get('description', ''))}<dl>{rows}</dl>{asked}<h4>Answers</h4><dl>{answers}</dl>"
    )


def _shape(name: str, schema: dict[str, Any]) -> str:
    fields = "".join(
        f"<dt><code>{escape(field)}</code><dd>{_type(told)} {escape(told.get('description', ''))}"
        for field, told in schema.get("properties", {}).items()
    )
    return f"<h3 id='{escape(name)}'>{escape(name)}</h3><p>{escape(schema.get('description', ''))}<dl>{fields}</dl>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "oneOf" in schema or "anyOf" in schema:
        return " or ".join(_type(each) for each in schema.get("oneOf") or schema.get("anyOf", []))
    if "enum" in schema:
        return " | ".join(escape(str(each)) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = schema.get("type", "anything")
    return escape(" or ".join(kind) if isinstance(kind, list) else str(kind))
