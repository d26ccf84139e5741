"""The files that pages load, which a browser keeps."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.pages.assets import ASSETS, STATIC, Asset
from ridethrough.api.pages.explorer.library import NAME as ZOOM_SCRIPT
from ridethrough.api.pages.explorer.library import zoom_script

_KEPT = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"
_NOT_MODIFIED = 304


def add_static_files(router: APIRouter) -> None:
    """Let a router give files."""
    router.get(f"{STATIC}/{{name}}", dependencies=[OPEN], response_class=Response)(_file)
    router.get("/favicon.ico", dependencies=[OPEN], response_class=Response)(_icon)


def _file(request: Request, name: Annotated[str, Path(max_length=80)]) -> Response:
    asset = zoom_script() if name == ZOOM_SCRIPT else ASSETS.get(name)
    if asset is None:
        raise HTTPException(404, f"no file {name!r}")
    return _answer(request, asset)


def _icon(request: Request) -> Response:
    return _answer(request, ASSETS["favicon.svg"])


def _answer(request: Request, asset: Asset) -> Response:
    """The file, or that what the browser has is still right."""
    named = request.query_params.get("v") == asset.digest
    etag = f'"{asset.digest}"'
    headers = {"etag": etag, "cache-control": _KEPT if named else _ASKED_AGAIN}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
