"""The bootstrap over recordings against its slow twin, and against what it is for: coverage."""

from __future__ import annotations

import numpy as np
import pytest

from soundalike.evaluation.interval import bootstrap_interval


def test_equals_drawing_recordings_one_by_one() -> None:
    generator = np.random.default_rng(0)
    recordings = [f"r{index}" for index in generator.integers(0, 12, size=60)]
    values = generator.random((60, 1))
    clips_of = {name: [i for i, own in enumerate(recordings) if own == name] for name in set(recordings)}
    names = sorted(clips_of)
    means = []
    for _ in range(8000):
        drawn = [clip for name in generator.choice(names, size=len(names)) for clip in clips_of[name]]
        means.append(values[drawn].mean())
    expected = np.quantile(means, [0.025, 0.975])
    found = bootstrap_interval(values, recordings, seed=1, num_draws=8000)
    np.testing.assert_allclose(found, [expected], atol=0.01)


def test_is_as_wide_as_theory_says_and_wider_when_clips_share_recordings() -> None:
    per_recording = np.random.default_rng(1).normal(size=(400, 1))
    low, high = bootstrap_interval(per_recording, [str(i) for i in range(400)], seed=0)[0]
    assert high - low == pytest.approx(2 * 1.96 * per_recording.std() / np.sqrt(400), rel=0.1)

    # Every recording cut into four equal clips: four times the clips, and no more knowledge.
    four_cuts = np.repeat(per_recording, 4, axis=0)
    recordings = [str(i // 4) for i in range(1600)]
    np.testing.assert_allclose(bootstrap_interval(four_cuts, recordings, seed=0), [[low, high]], rtol=1e-9)
    as_if_apart = bootstrap_interval(four_cuts, [str(i) for i in range(1600)], seed=0)[0]
    assert as_if_apart[1] - as_if_apart[0] == pytest.approx((high - low) / 2, rel=0.15)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(2).random((30, 2))
    recordings = [str(i) for i in range(30)]
    first = bootstrap_interval(values, recordings, seed=5)
    np.testing.assert_array_equal(first, bootstrap_interval(values, recordings, seed=5))
    assert not np.array_equal(first, bootstrap_interval(values, recordings, seed=6))


def test_unanswerable_queries_do_not_matter() -> None:
    values = np.random.default_rng(3).random((20, 1))
    recordings = [str(i) for i in range(20)]
    with_unanswerable = bootstrap_interval(
        np.concatenate([values, [[np.nan]]]), [*recordings, "another"], seed=0
    )
    np.testing.assert_array_equal(with_unanswerable, bootstrap_interval(values, recordings, seed=0))


def test_equal_values_have_an_interval_of_no_width() -> None:
    values = np.full((10, 1), 1 / 3)
    np.testing.assert_array_equal(
        bootstrap_interval(values, [str(i) for i in range(10)], seed=0), [[1 / 3, 1 / 3]]
    )


@pytest.mark.parametrize("recordings", [[], ["a"], ["a", "a"]])
def test_fewer_than_two_recordings_give_no_interval(recordings: list[str]) -> None:
    found = bootstrap_interval(np.ones((len(recordings), 3)), recordings, seed=0)
    assert found.shape == (3, 2)
    assert np.isnan(found).all()
