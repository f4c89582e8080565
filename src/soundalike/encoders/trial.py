"""Runs a graph on a little noise, to see which axes of its output are what, and how many waveforms a call takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundalike.encoders.adapter import AdaptedSession, Adapter
from soundalike.errors import ConfigError, EncoderError

if TYPE_CHECKING:
    import onnxruntime

# A row may differ this much between batches, relative to the largest number: rounding, not another result.
_ROUNDING = 1e-3
_ROUNDING_OF_HALVES = 1e-2


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A graph and what is known of it before it runs.

    Attributes:
        session: of the graph.
        name: of the encoder, for messages.
        num_samples: length of a waveform.
        takes_longer: whether the graph may take waveforms of other lengths.
        declared: the shape that the graph declares for its output; sizes that are not numbers are free.
        layout: the layout of the output if the user said it.
        is_half: whether the graph takes or gives half precision.
    """

    session: onnxruntime.InferenceSession
    name: str
    num_samples: int
    takes_longer: bool
    declared: Sequence[object]
    layout: str | None
    is_half: bool

    def settle(self, draft: Adapter) -> Adapter:
        """The draft with the layout of its output, and the number of waveforms that a call takes.

        No row of the result depends on what else is in its batch. If that cannot be had with many waveforms a call,
        it is one waveform a call.

        Raises:
            EncoderError: the graph fails, or there is no embedding for every waveform in its output.
        """
        if draft.batch is not None:
            return self._with_output(draft)
        try:
            return self._with_output(draft)
        except (EncoderError, ConfigError):
            # The graph declares any number but was traced with one, or the frames of all waveforms come in one row.
            return self._with_output(replace(draft, batch=1))

    def _with_output(self, draft: Adapter) -> Adapter:
        num = draft.batch or 2
        session = AdaptedSession(self.session, draft, name=self.name)
        noise = _noise(num, self.num_samples)
        layout = self.layout or guess_output_layout(
            session.run(noise).shape,
            longer=self._longer_shape(session, num),
            declared=self.declared,
            num=num if draft.takes_batches else None,
            name=self.name,
        )
        adapter = replace(draft, output_layout=layout)
        session = AdaptedSession(self.session, adapter, name=self.name)
        together, alone = session(noise), session(noise[:1])
        if len(together) != num or (num > 1 and not self._are_equal(together[:1], alone)):
            raise EncoderError(
                f"encoder '{self.name}' embeds a waveform differently when others are in the batch. "
                "Export it for a batch of 1."
            )
        return adapter

    def _longer_shape(self, session: AdaptedSession, num: int) -> tuple[int, ...] | None:
        if not self.takes_longer:
            return None
        try:
            return session.run(_noise(num, 2 * self.num_samples)).shape
        except EncoderError:
            return None

    def _are_equal(self, together: NDArray[np.float32], alone: NDArray[np.float32]) -> bool:
        rounding = _ROUNDING_OF_HALVES if self.is_half else _ROUNDING
        largest = float(np.abs(alone).max(initial=1e-12))
        return np.allclose(together, alone, rtol=0, atol=rounding * largest, equal_nan=True)


def guess_output_layout(
    shape: tuple[int, ...],
    *,
    longer: tuple[int, ...] | None,
    declared: Sequence[object],
    num: int | None,
    name: str,
) -> str:
    """The layout of an output, as in `Adapter.output_layout`.

    The embedding is the axis whose length is always the same. An axis that grows with the waveform is frames, and so is
    one that the graph declares free. If that leaves several, the embedding is the last of two axes ([frames, dim]), and
    the longest of more (the channels of a convolution).

    Args:
        shape: of the output of a call.
        longer: the same for waveforms of twice the length, None if the graph takes no others.
        declared: the shape that the graph declares.
        num: waveforms in the call, None if the input has no batch axis.
        name: of the encoder, for messages.
    Raises:
        EncoderError: there is no embedding for every waveform in it.
    """
    # Without a batch axis at the input, an axis of length 1 before two others is one all the same.
    has_batch = len(shape) > 1 and shape[0] == num if num is not None else len(shape) > 2 and shape[0] == 1
    if num is not None and num > 1 and not has_batch:
        raise EncoderError(f"encoder '{name}' gives {list(shape)} for a batch of {num}, not [{num}, dim].")
    rest = range(1 if has_batch else 0, len(shape))
    axes = [axis for axis in rest if shape[axis] > 1]
    if longer is not None and len(longer) == len(shape):
        axes = [axis for axis in axes if shape[axis] == longer[axis]]
    if len(declared) == len(shape):
        axes = [axis for axis in axes if isinstance(declared[axis], int)] or axes
    if not axes:
        grown = "" if longer is None else f", and {list(longer)} for waveforms of twice the length"
        raise EncoderError(
            f"encoder '{name}' gives {list(shape)}{grown}: no axis is an embedding. Choose another --output, or name "
            "the axes: soundalike encoders ... --output-layout 'frames dim'."
        )
    embedding = axes[-1] if len(rest) < 3 else max(axes, key=lambda axis: shape[axis])
    words = ["dim" if axis == embedding else "frames" for axis in rest]
    return " ".join(["batch", *words] if has_batch else words)


def _noise(num: int, num_samples: int) -> NDArray[np.float32]:
    """Noise; the first waveform is softer, so that a scale taken from the whole batch shows."""
    noise = np.random.default_rng(0).normal(scale=0.25, size=(num, num_samples))
    noise[0] /= 10
    return noise.astype(np.float32)
