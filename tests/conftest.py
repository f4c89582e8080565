"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

# The tests run in one process a core; torch in each of them, and in the commands they start, would take all cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say in the last line of a run what it left out for want of a browser."""
    # Only the process that prints; where tests run in several, the others have this.
    if hasattr(config, "workerinput"):
        return
    from page.browsing import browser_is_required, browser_program

    if browser_program() is None and not browser_is_required():
        print("The tests in a browser did not run: there is no Chromium here (apt-get install chromium).")


_BUCKET = "library-tests"


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """An S3 server on this computer, with one bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=_BUCKET)
    yield url
    server.stop()


@pytest.fixture
def s3(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a bucket; the environment says how to reach it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return f"s3://{_BUCKET}"
