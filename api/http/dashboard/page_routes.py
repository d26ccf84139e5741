"""Routes that answer a browser: the key comes in a cookie, a form only from a page of ours, and errors are pages."""

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import UnableToFindSite
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.answering.strict_requests import ServiceRoute
from ridethrough.api.http.dashboard.session import key_in, with_key
from ridethrough.api.http.running.solvers import UnableToSolve
from ridethrough.api.pages.frame import Frame, Theme, Viewer
from ridethrough.api.pages.rendering import page
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import UnableToStore
from ridethrough.tariffs.documents.printable import printable

_LOG = logging.getLogger("ridethrough.pages")
THEME_COOKIE = "ridethrough-theme"
PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",  # without one a browser does not say which page a form comes from
}
"""The headers of a page in place of the service's own: it may load our files, and nothing else."""
SIGNED_OUT = "You are signed out: your key was revoked, or has run out. Sign in with another one to go on."
_UNAUTHORIZED = 401
_MOST_FIELDS = 2000
_STATUSES: dict[type[Exception], tuple[int, str]] = {
    UnableToFindSite: (404, "There is no such site"),
    UnableToAccept: (422, "The input was refused"),
    UnableToSolve: (503, "No plan could be made in time"),
    UnableToStore: (503, "The store does not answer"),
}


class PageRoute(ServiceRoute):
    """A route for a browser. It states its role as every route does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Find the key, refuse forms of other pages, answer, and show errors as a page."""
        handle = super().get_route_handler()

        async def shown(request: Request) -> Response:
            asked = with_key(request)
            try:
                _require_own_page(asked)
                answer = await handle(asked)
            except HTTPException as error:
                answer = _refused(asked, error)
            except RequestValidationError as error:
                answer = error_page(asked, 422, "The request was refused", str(error.errors()[0]["msg"]))
            except tuple(_STATUSES) as error:
                answer = _failed(asked, error)
            except Exception:  # noqa: BLE001 - a person gets a page, and the log has the reason
                _LOG.exception("a page failed: %s", request.url.path)
                answer = error_page(
                    asked, 500, "The service failed", "Its log says why. Batteries are not touched by it."
                )
            answer.headers.update(PAGE_HEADERS)
            return answer

        return shown


def page_router() -> APIRouter:
    """A router of pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


def viewer_of(request: Request) -> Viewer:
    """Who looks at a page."""
    caller = getattr(request.state, "caller", None)
    role = None if caller is None else caller.role
    written = request.cookies.get(THEME_COOKIE, "")
    return Viewer(
        name="" if caller is None else f"{caller.name} ({caller.role})",
        may_operate=role is not None and role.includes(Role.OPERATOR),
        may_administer=role is not None and role.includes(Role.ADMIN),
        signed_in=key_in(request) is not None,
        theme=Theme(written) if written in set(Theme) else Theme.AUTO,
    )


def here(request: Request) -> str:
    """The address of the page that is asked for; of a form's answer, the start page."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}" if request.method == "GET" else "/"


def own_path(written: str) -> str:
    """A path of this service that a form names; the start page where it names another place."""
    parts = urlsplit(written.replace("\\", "/"))
    is_own = written.startswith("/") and not (parts.scheme or parts.netloc) and written.isprintable()
    return written if is_own else "/"


def error_page(request: Request, status: int, title: str, detail: str, *, faults: tuple[str, ...] = ()) -> HTMLResponse:
    """An error as a page."""
    frame = Frame(title=title, viewer=viewer_of(request), here=here(request))
    text = page("error.html", frame, title=title, detail=printable(detail), faults=faults)
    return HTMLResponse(text, status_code=status)


def sign_in_page(request: Request, *, wrong: str = "", wanted: str | None = None, status: int = 401) -> HTMLResponse:
    """The form that asks for a key; `wanted` is the page that is shown afterwards."""
    frame = Frame(title="Sign in", viewer=viewer_of(request), here=here(request) if wanted is None else wanted)
    return HTMLResponse(page("sign_in.html", frame, wrong=wrong), status_code=status)


async def _fields(request: Request) -> Mapping[str, str]:
    """The fields of a form that was sent."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "a form is sent as application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(422, f"the form cannot be read: {error}") from error
    return dict(pairs)


Fields = Annotated[Mapping[str, str], Depends(_fields)]
"""A parameter of a route: the fields of the form that was sent."""


def _require_own_page(request: Request) -> None:
    """Refuse what a page of another origin sends: a browser says in `Origin` where a form comes from."""
    if request.method in {"GET", "HEAD"}:
        return
    origin = request.headers.get("origin", "")
    if not origin or urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise HTTPException(403, "forms are taken from pages of this service only")


def _refused(request: Request, error: HTTPException) -> Response:
    """The page of an error that has a status; where a key is missing, the form that asks for it."""
    if error.status_code == _UNAUTHORIZED:
        wrong = "" if key_in(request) is None else SIGNED_OUT
        answer = sign_in_page(request, wrong=wrong)
    else:
        answer = error_page(request, error.status_code, _title_of(error.status_code), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _title_of(status: int) -> str:
    titles = {403: "That is not allowed", 404: "There is no such page", 429: "Asked too often"}
    return titles.get(status, "That cannot be shown")


def _failed(request: Request, error: Exception) -> Response:
    status, title = next(found for kind, found in _STATUSES.items() if isinstance(error, kind))
    faults = tuple(printable(str(fault)) for fault in error.faults) if isinstance(error, UnableToAccept) else ()
    return error_page(request, status, title, "" if faults else str(error), faults=faults)
