"""Recordings that share sound stand together."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundalike.audio.fingerprint import Fingerprint, fingerprint
from soundalike.corpora.near import near_groups, read_fingerprint, save_fingerprint


@pytest.fixture(scope="module")
def waveforms(recordings: dict[str, list[bytes]]) -> list[np.ndarray]:
    return [soundfile.read(io.BytesIO(data), dtype="float32")[0] for data in recordings["birds"]]


def test_parts_and_copies_stand_with_the_whole(waveforms: list[np.ndarray]) -> None:
    one, two, other = waveforms[:3]
    prints = {
        "b one": fingerprint([one]),
        "a one, louder": fingerprint([one * 2]),
        "c two": fingerprint([two]),
        "d one and two": fingerprint([one, np.zeros(8000, np.float32), two]),
        "e other": fingerprint([other]),
        "f nothing": fingerprint([]),
    }
    read: list[str] = []

    def give(name: str) -> Fingerprint:
        read.append(name)
        return prints[name]

    groups = near_groups(list(prints), give)
    # One and two share nothing, but the compilation holds both.
    assert groups == {
        **dict.fromkeys(["a one, louder", "b one", "c two", "d one and two"], "a one, louder"),
        "e other": "e other",
        "f nothing": "f nothing",
    }


def test_none_and_one() -> None:
    assert near_groups([], lambda name: fingerprint([])) == {}
    assert near_groups(["a"], lambda name: fingerprint([])) == {"a": "a"}


def test_fingerprints_are_kept_and_may_be_damaged(tmp_path: Path, waveforms: list[np.ndarray]) -> None:
    assert read_fingerprint(tmp_path, "x") is None
    save_fingerprint(tmp_path, "x", fingerprint([waveforms[0]]))
    np.testing.assert_array_equal(read_fingerprint(tmp_path, "x"), fingerprint([waveforms[0]]))
    path = tmp_path / "fingerprints" / "x.npz"
    whole = path.read_bytes()
    for damaged in (b"", b"PK", whole[: len(whole) // 2], whole[:60] + bytes(80) + whole[140:]):
        path.write_bytes(damaged)
        assert read_fingerprint(tmp_path, "x") is None
