"""Signing in and out, and the choice of colours."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.dashboard.page_routes import THEME_COOKIE, Fields, own_path, sign_in_page
from ridethrough.api.http.dashboard.session import LONGEST, forget_key, keep_key, showing
from ridethrough.api.pages.frame import Theme

_SEE_OTHER = 303
_TOO_OFTEN = 429
_A_YEAR_S = 365 * 86400


def add_signing_in(router: APIRouter) -> None:
    """Let a router take a key from a form, and forget it."""
    router.get("/sign-in", dependencies=[OPEN])(_form)
    router.post("/sign-in", dependencies=[OPEN])(_sign_in)
    router.post("/sign-out", dependencies=[OPEN])(_sign_out)
    router.post("/theme", dependencies=[OPEN])(_theme)


def _form(request: Request) -> Response:
    return sign_in_page(request, wanted="/", status=200)


async def _sign_in(request: Request, fields: Fields) -> Response:
    """Keep a key that is valid, and go to the page that was wanted."""
    key, wanted = fields.get("key", "").strip(), own_path(fields.get("next", "/"))
    if not key or len(key) > LONGEST:
        return sign_in_page(request, wrong="Paste a key.", wanted=wanted, status=422)
    try:
        await request.app.state.access.caller_of(showing(request, key))
    except HTTPException as error:
        if error.status_code == _TOO_OFTEN:
            raise
        return sign_in_page(request, wrong="The key is not valid.", wanted=wanted)
    answer = RedirectResponse(wanted, status_code=_SEE_OTHER)
    keep_key(request, answer, key)
    return answer


def _sign_out() -> Response:
    answer = RedirectResponse("/sign-in", status_code=_SEE_OTHER)
    forget_key(answer)
    return answer


def _theme(fields: Fields) -> Response:
    """Keep the colours that were chosen."""
    answer = RedirectResponse(own_path(fields.get("next", "/")), status_code=_SEE_OTHER)
    written = fields.get("theme", "")
    theme = written if written in set(Theme) else Theme.AUTO.value
    answer.set_cookie(THEME_COOKIE, theme, max_age=_A_YEAR_S, path="/", httponly=True, samesite="strict")
    return answer
