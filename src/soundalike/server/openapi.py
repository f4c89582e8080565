"""The description of the API at /openapi.json."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from soundalike.server.documents import ProblemDocument
from soundalike.server.problems import MEDIA_TYPE

_PROBLEM = "ProblemDocument"
_OPEN = ("/api/health", "/api/session")


def operation_id(route: APIRoute) -> str:
    """The name of an operation, for clients that are made from the description."""
    return route.name


def describe(app: FastAPI, *, needs_token: bool) -> None:
    """Let an app describe its errors as it answers them: problem documents, whatever FastAPI says by itself.

    Args:
        app: with all its routes.
        needs_token: whether requests carry a token.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas[_PROBLEM] = ProblemDocument.model_json_schema()
            problem = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}}
            for path, operations in made["paths"].items():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
                    for answer in operation["responses"].values():
                        _name_alone(answer)
                    operation["responses"] |= {
                        "4XX": {"description": "The request is not answered.", "content": problem},
                        "5XX": {"description": "The server cannot answer.", "content": problem},
                    }
                    if needs_token and path not in _OPEN:
                        operation["security"] = [{"token": []}]
            if needs_token:
                made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _name_alone(answer: dict[str, Any]) -> None:
    """Where a document has a name, say nothing else of it: FastAPI adds that the handler returns a dictionary."""
    for content in answer.get("content", {}).values():
        if "$ref" in content.get("schema", {}):
            content["schema"] = {"$ref": content["schema"]["$ref"]}
