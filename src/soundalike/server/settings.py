"""What a server may be told: where it listens, who may ask, and how much it takes on."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from soundalike.errors import UsageError

# Shorter ones could be guessed by trying.
LEAST_TOKEN = 12
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Settings of `serve`.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        token: what clients have to show; None lets everybody in who reaches the address.
        allowed_hosts: further names under which the server may be asked, such as that of a reverse proxy.
        max_upload_bytes: size of a request's body.
        max_decoded_s: seconds of sound that one request may have decoded.
        num_workers: requests that decode or embed at the same time.
        max_queue: requests that wait for a worker; further ones are refused.
        max_wait_s: how long one waits before it is refused.
        max_requests: requests in progress, slow clients included.
        upload_idle_s: how long an upload may pause.
        cache_bytes: memory for pictures that were drawn before.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_upload_bytes: int = 512 << 20
    max_decoded_s: float = 3600.0
    num_workers: int = 2
    max_queue: int = 64
    max_wait_s: float = 30.0
    max_requests: int = 256
    upload_idle_s: float = 30.0
    cache_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        if self.token is not None and (len(self.token) < LEAST_TOKEN or not self.token.isascii()):
            raise UsageError(f"the token has to be at least {LEAST_TOKEN} characters of ASCII.")
        if not 0 <= self.port <= 65_535:
            raise UsageError(f"there is no port {self.port}; give one from 0 to 65535.")
        for name in (
            "max_upload_bytes",
            "max_decoded_s",
            "num_workers",
            "max_wait_s",
            "max_requests",
            "upload_idle_s",
        ):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} is {getattr(self, name)}; give more than 0.")
        for name in ("max_queue", "cache_bytes"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is {getattr(self, name)}; give 0 or more.")

    @property
    def is_local(self) -> bool:
        """Whether only this computer reaches the address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
