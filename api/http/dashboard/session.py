"""The session of a browser: its key in a cookie that no script can read and no other site's page can send.

The cookie holds the key itself, which is verified at every request as it is in `Authorization`. So a revoked key is
refused at once, and a screen on a wall stays signed in when the service restarts. Routes under `/v1` take no cookie.
"""

from fastapi import Request, Response

COOKIE = "ridethrough-key"
LONGEST = 3800
"""A cookie that a browser keeps is below 4096 bytes."""
_LASTS_S = 180 * 86400


def key_in(request: Request) -> str | None:
    """The key that a browser keeps."""
    return request.cookies.get(COOKIE) or None


def with_key(request: Request) -> Request:
    """The request as if it showed the key of its cookie; as it is where it shows one already."""
    request.scope.setdefault("state", {})
    key = key_in(request)
    if key is None or "authorization" in request.headers:
        return request
    return showing(request, key)


def showing(request: Request, key: str) -> Request:
    """The request with a key."""
    others = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
    shown = (b"authorization", b"Bearer " + key.encode("latin-1", "replace"))
    return Request({**request.scope, "headers": [*others, shown]}, request.receive)


def keep_key(request: Request, answer: Response, key: str) -> None:
    """Let the browser keep a key."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, key, max_age=_LASTS_S, path="/", secure=secure, httponly=True, samesite="strict")


def forget_key(answer: Response) -> None:
    """Let the browser forget its key."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
