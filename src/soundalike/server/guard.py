"""What every request passes first: is it meant for this server, may it ask, and is there room for it.

A page of another site can make a browser ask a server on this computer. Its `Origin` gives it away, and where a name of
the site is made to lead here (DNS rebinding), so does `Host`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import socket
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from soundalike.server.problems import problem_of
from soundalike.server.refusals import (
    ForeignRequestError,
    NotSignedInError,
    OverloadedError,
    RefusalError,
    UploadStalledError,
    UploadTooLargeError,
)
from soundalike.server.settings import LOOPBACK_NAMES, ServerSettings

COOKIE = "soundalike-session"
# Open without a token: whether the server is up, the way to sign in, and what holds nothing of the library.
OPEN_PATHS = ("/api/health", "/api/session")
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self' blob:; font-src 'self'; worker-src 'self' blob:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Content-Security-Policy": CONTENT_POLICY.format(styles=""),
}


def session_of(token: str) -> str:
    """What a browser keeps instead of the token: it proves that the token was known, and does not tell it."""
    return hmac.new(token.encode(), b"soundalike session", hashlib.sha256).hexdigest()


def is_token(shown: str, token: str) -> bool:
    """Compare in a time that does not depend on where the two differ."""
    return hmac.compare_digest(_digest(shown), _digest(token))


class Guard:
    """Lets a request through to the app, or answers it with a problem document."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._names = {*LOOPBACK_NAMES, *(name.lower() for name in settings.allowed_hosts)}
        if not settings.is_local:
            self._names |= {settings.host.lower(), socket.gethostname().lower()}
        self._session = None if settings.token is None else session_of(settings.token)
        self._num_requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        try:
            self._check_names(scope, headers)
            self._check_token(scope, headers)
            self._check_size(headers)
            if self._num_requests >= self._settings.max_requests:
                raise OverloadedError("the server has too many requests in progress. Ask again later.")
        except RefusalError as refusal:
            await problem_of(refusal)(scope, receive, send_with_headers)
            return
        self._num_requests += 1
        try:
            await self._app(scope, self._measured(receive), send_with_headers)
        except asyncio.CancelledError:
            # uvicorn was told to stop, and has waited for this request long enough; the task ends here either way.
            if not has_begun:
                await problem_of(OverloadedError("the server is being stopped."))(
                    scope, receive, send_with_headers
                )
        finally:
            self._num_requests -= 1

    def _check_names(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        name = _name_in(f"//{host}")
        # An address can not be made to lead elsewhere, a name can.
        if name not in self._names and (self._settings.is_local or not _is_address(name)):
            raise ForeignRequestError(
                f"this server does not go by the name {name!r}. If it should: --allow-host {name or 'NAME'}"
            )
        origin = headers.get("origin")
        if origin is not None and _site_in(origin) != host.lower():
            raise ForeignRequestError("the request comes from a page of another site.")
        # Pictures and sounds that another site embeds come without an origin.
        if scope["path"].startswith("/api") and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise ForeignRequestError("the request comes from a page of another site.")

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        token, path = self._settings.token, scope["path"]
        if token is None or self._session is None or not path.startswith("/api") or path in OPEN_PATHS:
            return
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and is_token(shown.strip(), token):
            return
        if is_token(_cookie(headers), self._session):
            return
        raise NotSignedInError("the token is missing or wrong. Send it as: Authorization: Bearer TOKEN")

    def _check_size(self, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._settings.max_upload_bytes:
            raise self._too_large()

    def _measured(self, receive: Receive) -> Receive:
        """The body of a request, as long as it is no larger than allowed and goes on arriving."""
        num_bytes, is_complete = 0, False

        async def measured() -> Message:
            nonlocal num_bytes, is_complete
            if is_complete:  # what comes now is the end of the connection, however late
                return await receive()
            try:
                async with asyncio.timeout(self._settings.upload_idle_s):
                    message = await receive()
            except TimeoutError:
                stalled = UploadStalledError(f"the upload paused for {self._settings.upload_idle_s:g} s.")
                raise HTTPException(408, headers={"Connection": "close"}) from stalled
            if message["type"] != "http.request":
                is_complete = True
                return message
            num_bytes += len(message.get("body", b""))
            is_complete = not message.get("more_body", False)
            if num_bytes > self._settings.max_upload_bytes:
                # FastAPI passes on an HTTPException while it reads a body, and nothing else.
                raise HTTPException(413, headers={"Connection": "close"}) from self._too_large()
            return message

        return measured

    def _too_large(self) -> UploadTooLargeError:
        most = self._settings.max_upload_bytes
        return UploadTooLargeError(
            f"the upload is larger than {most / 1e6:,.1f} MB. Send a part of it, or start the server with a larger "
            "--max-upload-mb."
        )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _name_in(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _site_in(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
