"""Which axis of an output is what, and what becomes of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.encoders import Adapter
from soundalike.encoders.adapter import pooled
from soundalike.encoders.trial import guess_output_layout
from soundalike.errors import ConfigError, EncoderError


@given(
    words=st.sampled_from([["dim"], ["frames", "dim"], ["dim", "frames"], ["frames", "dim", "frames"]]),
    batch=st.integers(1, 4),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_pooling_is_the_mean_over_all_frames(words: list[str], batch: int, data: st.DataObject) -> None:
    sizes = [data.draw(st.integers(1, 5)) for _ in words]
    output = np.random.default_rng(0).normal(size=(batch, *sizes)).astype(np.float32)
    dim_axis = words.index("dim")
    found = pooled(output, " ".join(["batch", *words]), name="a")
    for row in range(batch):
        for number in range(sizes[dim_axis]):
            expected = np.take(output[row], number, axis=dim_axis).mean()
            np.testing.assert_allclose(found[row, number], expected, rtol=1e-4, atol=1e-6)
    if batch == 1:
        np.testing.assert_array_equal(pooled(output[0], " ".join(words), name="a"), found)


@pytest.mark.parametrize(
    ("shape", "longer", "declared", "num", "layout"),
    [
        ((2, 512), None, (), 2, "batch dim"),
        ((1, 512), (1, 512), ("b", 512), 1, "batch dim"),
        ((3, 1024), (6, 1024), (), 1, "frames dim"),
        ((3, 1024), None, (), None, "frames dim"),
        ((1, 1024), None, (None, 1024), None, "frames dim"),
        ((1, 99, 768), None, (), None, "batch frames dim"),
        ((2, 99, 768), None, (), 2, "batch frames dim"),
        ((2, 768, 99), (2, 768, 199), (), 2, "batch dim frames"),
        ((2, 768, 99), None, ("b", 768, "t"), 2, "batch dim frames"),
        ((2, 512, 6, 4), None, (), 2, "batch dim frames frames"),
        ((2, 6, 4, 512), (2, 12, 4, 512), (), 2, "batch frames frames dim"),
        ((2, 1, 1, 96), None, (), 2, "batch frames frames dim"),
        ((1024,), None, (), None, "dim"),
        ((1024,), None, (), 1, "dim"),
    ],
)
def test_axes_are_told_by_shapes(
    shape: tuple[int, ...],
    longer: tuple[int, ...] | None,
    declared: tuple[object, ...],
    num: int | None,
    layout: str,
) -> None:
    assert guess_output_layout(shape, longer=longer, declared=declared, num=num, name="a") == layout


@pytest.mark.parametrize(("shape", "num"), [((), 2), ((2,), 2), ((5, 512), 2), ((1,), None), ((2, 1), 2)])
def test_shapes_without_an_embedding(shape: tuple[int, ...], num: int | None) -> None:
    with pytest.raises(EncoderError, match=r"no axis is an embedding|for a batch of 2, not \[2, dim\]"):
        guess_output_layout(shape, longer=None, declared=(), num=num, name="a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output_layout": ""}, "output layout ''"),
        ({"output_layout": "dim dim"}, "'dim' once"),
        ({"output_layout": "frames batch dim"}, "'batch' at most at the beginning"),
        ({"output_layout": "batch time dim"}, "write the axes as words"),
        ({"output_layout": "frames dim"}, "batch is None; it is 1 where the output has no batch axis"),
        ({"input_layout": "samples"}, "batch is None; it is 1 where the input has no batch axis"),
        ({"input_layout": "samples batch"}, "input layout 'samples batch': it can be"),
        ({"batch": 0}, "it should be 1 or more"),
    ],
)
def test_adapters_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Adapter(input="a", output="b", **changes)
