"""`GET /docs`: the page, made once for a document."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.operations.docs.reference import groups, schemas

_FOLDER = Path(__file__).parent
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def _code(text: str) -> Markup:
    """Words between backticks as code."""
    parts = enumerate(text.split("`"))
    return Markup().join(Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts)


_ENVIRONMENT.filters["code"] = _code


def add_docs(router: APIRouter) -> None:
    """Let a router show the OpenAPI document, for programs and for people."""
    router.get("/openapi.json", dependencies=[OPEN], include_in_schema=False)(_openapi)
    router.get("/docs", dependencies=[OPEN], include_in_schema=False, response_class=HTMLResponse)(_docs)


def _openapi(request: Request) -> dict[str, object]:
    document: dict[str, object] = request.app.openapi()
    return document


def _docs(request: Request) -> str:
    state = request.app.state
    if not hasattr(state, "docs_page"):
        document = request.app.openapi()
        shown = {"info": document["info"], "groups": groups(document), "schemas": tuple(schemas(document))}
        state.docs_page = _ENVIRONMENT.get_template("page.html").render(shown)
    page: str = state.docs_page
    return page
