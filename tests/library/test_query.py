"""What a user can ask with: several examples, parts of them, recordings of the library."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from band_encoder import RATE_HZ, WINDOW_S, BandEncoder, sound, write_sound

from reference.scores import score
from soundalike.audio import cut_windows, load
from soundalike.config import Distance
from soundalike.encoders import Calibration
from soundalike.errors import AudioError, LibraryError, UsageError
from soundalike.library import Library, index, open_library
from soundalike.library.query import Part, example_of_source, parse_part

HOP_S = 0.25


@pytest.fixture
def library(audio: Path, lib: Path, encoder: BandEncoder) -> Library:
    for seed in range(8):
        write_sound(audio / f"{seed:02}.wav", seed)
    index(lib, [audio], encoder=encoder, hop_s=HOP_S)
    return open_library(lib, encoder=encoder)


def embedded(path: Path, *, hop_s: float) -> list[list[float]]:
    waveform = load(path, sample_rate_hz=RATE_HZ).waveform
    windows = cut_windows(waveform, sample_rate_hz=RATE_HZ, window_s=WINDOW_S, hop_s=hop_s)
    embeddings: list[list[float]] = BandEncoder().embed(windows).tolist()
    return embeddings


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize(("num_plus", "num_minus"), [(0, 1), (2, 0), (1, 2)])
def test_several_examples_rank_as_the_formula_says(
    library: Library, audio: Path, tmp_path: Path, distance: Distance, num_plus: int, num_minus: int
) -> None:
    paths = [write_sound(tmp_path / f"{seed}.wav", seed) for seed in range(20, 21 + num_plus + num_minus)]
    plus, minus = paths[: 1 + num_plus], paths[1 + num_plus :]
    examples = [[embedded(one, hop_s=WINDOW_S / 2) for one in kind] for kind in (plus, minus)]
    expected = {
        (path.name, number * HOP_S): score(window, examples[0], examples[1], distance)
        for path in audio.glob("*.wav")
        for number, window in enumerate(embedded(path, hop_s=HOP_S))
    }
    hits = library.search(plus[0], plus=plus[1:], minus=minus, k=999, per="window", distance=distance).hits
    found = {(Path(hit.path).name, hit.start_s): hit.distance for hit in hits}
    assert found.keys() == expected.keys()
    for where, one in found.items():
        assert one == pytest.approx(expected[where], rel=1e-5, abs=1e-5)
    distances = [hit.distance for hit in hits]
    assert distances == sorted(distances)


def test_skip_self_leaves_every_example_out(library: Library, audio: Path, tmp_path: Path) -> None:
    plus, minus = audio / "01.wav", audio / "02.wav"
    asked = {"plus": [plus, write_sound(tmp_path / "other.wav", 40)], "minus": [minus]}
    everything = library.search(audio / "00.wav", k=99, per="recording", **asked).hits  # type: ignore[arg-type]
    assert len(everything) == 8
    assert {Path(hit.path).name for hit in everything if hit.is_query} == {"00.wav", "01.wav"}
    others = library.search(audio / "00.wav", k=99, per="recording", skip_self=True, **asked).hits  # type: ignore[arg-type]
    assert {Path(hit.path).name for hit in others} == {f"{number:02}.wav" for number in range(3, 8)}
    assert len(library.search(audio / "00.wav", k=5, per="recording", skip_self=True, **asked).hits) == 5  # type: ignore[arg-type]


def test_the_same_example_twice_changes_nothing(library: Library, audio: Path) -> None:
    once = library.search(audio / "03.wav", k=99)
    twice = library.search(audio / "03.wav", plus=[audio / "03.wav"], k=99)
    assert twice.hits == once.hits


def test_examples_of_every_kind(library: Library, audio: Path) -> None:
    path = audio / "05.wav"
    recording_id = library.search(path, k=1).hits[0].recording_id
    expected = library.search(audio / "06.wav", plus=[path], k=99, per="window")
    assert library.search(audio / "06.wav", plus=[path.read_bytes()], k=99, per="window") == expected
    assert library.search(audio / "06.wav", plus=[str(path)], k=99, per="window") == expected
    # The library's windows are those of a query: half a window apart.
    assert library.search(audio / "06.wav", plus=[f"id:{recording_id}"], k=99, per="window") == expected


def test_parts_of_examples(library: Library, audio: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.wav"
    soundfile.write(both, np.concatenate([sound(50, duration_s=1.0), sound(51, duration_s=1.0)]), RATE_HZ)
    second = tmp_path / "second.wav"
    soundfile.write(second, sound(51, duration_s=1.0), RATE_HZ)
    expected = library.search(second, k=99).hits
    assert library.search(f"{both}@1-2", k=99).hits == expected
    assert library.search(f"{both}@1.0-", k=99).hits == expected
    assert library.search(both, start_s=1.0, k=99).hits == expected
    assert library.search(f"{both}@0-0.5", start_s=1.0, k=99).hits == expected
    as_plus = library.search(audio / "00.wav", plus=[f"{both}@1-2"], k=99).hits
    assert as_plus == library.search(audio / "00.wav", plus=[second], k=99).hits


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("a.wav", Part(source=Path("a.wav"))),
        ("a.wav@1-2.5", Part(source=Path("a.wav"), start_s=1.0, end_s=2.5)),
        ("a.wav@1:02-0:02:05.5", Part(source=Path("a.wav"), start_s=62.0, end_s=125.5)),
        ("a.wav@12-", Part(source=Path("a.wav"), start_s=12.0)),
        ("a@b.wav", Part(source=Path("a@b.wav"))),
        ("a@1-2.wav", Part(source=Path("a@1-2.wav"))),
        ("a@1-2@3-4", Part(source=Path("a@1-2"), start_s=3.0, end_s=4.0)),
        ("id:beef@0-1", Part(source="id:beef", start_s=0.0, end_s=1.0)),
        ("id:beef", Part(source="id:beef")),
        (b"a.wav@1-2", Part(source=b"a.wav@1-2")),
        (Path("a.wav@1-2"), Part(source=Path("a.wav@1-2"))),
    ],
)
def test_how_parts_are_written(written: str | Path | bytes, part: Part) -> None:
    assert parse_part(written) == part


def test_a_file_that_is_named_like_a_part(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "take@1-2", 1)
    assert parse_part(str(path)) == Part(source=path)


def test_examples_that_cannot_be_used(library: Library, audio: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the end comes after the start"):
        library.search(f"{audio / '00.wav'}@2-1")
    with pytest.raises(AudioError, match=r"no file .*nothing\.wav"):
        library.search(audio / "00.wav", plus=[tmp_path / "nothing.wav"])
    with pytest.raises(LibraryError, match="no recording 'id:beef'"):
        library.search(audio / "00.wav", minus=["id:beef"])


def test_no_similarity_with_minus_examples(audio: Path, lib: Path) -> None:
    calibration = Calibration(distance="euclidean", distances=(0.0, 100.0), shares=(0.8, 0.2), source="test")
    encoder = BandEncoder(calibration=calibration)
    for seed in range(3):
        write_sound(audio / f"{seed}.wav", seed)
    index(lib, [audio], encoder=encoder)
    library = open_library(lib, encoder=encoder)
    plus = library.search(audio / "0.wav", plus=[audio / "1.wav"]).hits
    minus = library.search(audio / "0.wav", minus=[audio / "1.wav"]).hits
    assert all(hit.similarity is not None for hit in plus)
    assert [hit.similarity for hit in minus] == [None] * len(minus)
    assert minus[0].distance < 0


def test_memory_of_a_long_query(tmp_path: Path) -> None:
    """What grows with the length of a query are its embeddings."""
    peaks = []
    for minutes in (1, 16):
        path = tmp_path / f"{minutes}.wav"
        soundfile.write(path, np.tile(sound(1, duration_s=60.0), minutes), RATE_HZ)
        tracemalloc.start()
        example = example_of_source(Part(source=path), encoder=BandEncoder())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(example.embeddings) == minutes * 240 - 1
    assert peaks[1] - peaks[0] < 16 * 60 * 4 * (8 * 4 + 400)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(-1.0, None), (float("nan"), None), (None, 0.0), (None, float("nan")), (2.0, 1.0)]
)
def test_impossible_parts_are_named_in_numbers(start_s: float | None, end_s: float | None) -> None:
    with pytest.raises(UsageError, match="part") as refused:
        Part(source=b"", start_s=start_s, end_s=end_s)
    assert "None" not in str(refused.value)


def test_part_of_a_recording_may_end_after_it(library: Library, audio: Path) -> None:
    (hit,) = library.search(audio / "00.wav", k=1).hits
    whole = library.search(f"id:{hit.recording_id}")
    assert library.search(f"id:{hit.recording_id}", end_s=float("inf")).hits == whole.hits
