"""A library in a bucket, with its audio in the bucket too, served as one in a folder is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from serving import problem, serving

from cli.command_line import FAST, soundalike
from soundalike.data.synthetic import write_corpus


def test_a_library_in_a_bucket(s3: str, tmp_path: Path) -> None:
    write_corpus(tmp_path / "sounds", clips_per_kind=2, seed=1, kinds=("rain",), duration_s=2)
    client: Any = boto3.client("s3")
    bucket = s3.removeprefix("s3://")
    sounds = sorted((tmp_path / "sounds").rglob("*.wav"))
    for path in sounds:
        client.upload_file(str(path), bucket, f"served/sounds/rain/{path.name}")
    library = f"{s3}/served/library"
    with serving(library) as server:
        problem(server.get("/api/status"), 503)
        assert soundalike("index", library, f"{s3}/served/sounds", *FAST).exit_code == 0
        found = server.document("/api/recordings")["recordings"]
        assert [one["label"] for one in found] == ["rain", "rain"]
        assert server.search(sounds[0], k=1).json()["hits"][0]["recording_id"] == found[0]["recording_id"]
        path = f"/api/recordings/{found[0]['recording_id']}"
        assert server.get(f"{path}/audio").content == sounds[0].read_bytes()
        part = server.client.get(f"{path}/audio", headers={"Range": "bytes=100-199"})
        assert part.content == sounds[0].read_bytes()[100:200]
        assert server.get(f"{path}/spectrogram").headers["content-type"] == "image/png"
        assert server.document("/api/map")["state"] == "none"
        assert server.client.put("/api/sets/wet", json={"label": "wet"}).status_code == 200
        assert [one["name"] for one in server.document("/api/sets")["sets"]] == ["wet"]
        client.put_object(Bucket=bucket, Key=f"served/sounds/rain/{sounds[0].name}", Body=b"another")
        problem(server.get(f"{path}/audio"), 409)
        client.delete_object(Bucket=bucket, Key=f"served/sounds/rain/{sounds[0].name}")
        problem(server.get(f"{path}/waveform"), 404)
