"""Looks at the graph of an encoder of someone else's, and finds out how it is fed and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from soundalike.encoders.adapter import TYPES, Adapter, InputLayout
from soundalike.encoders.questions import Hints, Questions, command_line, described
from soundalike.encoders.trial import Trial
from soundalike.errors import EncoderError, UsageError

if TYPE_CHECKING:
    import onnxruntime

_WAVEFORM_TYPES = {"tensor(float)", "tensor(float16)", "tensor(double)", "tensor(int16)", "tensor(int32)"}
# What a sample of 1.0 is among whole numbers.
_FULL_SCALE = {"tensor(int16)": 2.0**15, "tensor(int32)": 2.0**31}
# A shorter axis of fixed length is the bands of a spectrogram or a state, not a waveform.
_FEWEST_SAMPLES = 256
# Inputs that are told the sample rate.
_RATE_NAMES = {"sr", "rate", "sample_rate", "sampling_rate"}


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """How a graph is used: its adapter, the rate and length of the waveforms, and the numbers in an embedding."""

    adapter: Adapter
    sample_rate_hz: int
    window_s: float


def inspect_graph(session: onnxruntime.InferenceSession, hints: Hints, *, path: Path) -> Inspected:
    """Find out how a graph is fed and read, partly by running it on a little noise.

    Args:
        session: of the graph.
        hints: what the user says of it.
        path: of the ONNX file, for messages.
    Raises:
        UsageError: something can be known by the user alone; the message says what was found and what to type.
        EncoderError: the graph takes no waveform, or gives no embedding.
    """
    waveform = _waveform_input(session, hints, path)
    layout = hints.input_layout or _input_layout(waveform.shape) or "batch samples"
    sizes: dict[str, object] = dict(zip(layout.split(), waveform.shape, strict=False))
    num_samples, batch = sizes.get("samples"), sizes.get("batch", 1)
    outputs = {node.name: node for node in session.get_outputs() if node.type in TYPES}
    if not outputs or (hints.output is not None and hints.output not in outputs):
        wanted = f"output '{hints.output}'" if hints.output else "output of numbers"
        raise UsageError(f"'{path}' has no {wanted}. Found: {described('output', session.get_outputs())}.")
    constants = _constants(session, waveform.name, hints)

    questions = Questions(
        rate=hints.sample_rate_hz is None,
        window=hints.window_s is None and not isinstance(num_samples, int),
        output=hints.output is None and len(outputs) > 1,
        inputs=tuple(name for name, value in constants.items() if value is None),
    )
    if questions.any or hints.sample_rate_hz is None:
        raise UsageError(questions.text(session, hints, waveform=waveform.name, path=path))
    if isinstance(num_samples, int):
        window_s = _fixed_window_s(num_samples, hints.sample_rate_hz, hints.window_s, path)
    else:
        window_s = hints.window_s or 0.0
    if round(window_s * hints.sample_rate_hz) < 1:
        raise UsageError(f"a window of {window_s:g} s at {hints.sample_rate_hz} Hz holds no sample.")
    output = hints.output or next(iter(outputs))
    draft = Adapter(
        input=waveform.name,
        input_layout=layout,
        output=output,
        batch=batch if isinstance(batch, int) else None,
        full_scale=hints.full_scale or _FULL_SCALE.get(waveform.type, 1.0),
        constants={name: value for name, value in constants.items() if value is not None},
    )
    trial = Trial(
        session=session,
        name=str(path),
        num_samples=round(window_s * hints.sample_rate_hz),
        takes_longer=not isinstance(num_samples, int),
        declared=outputs[output].shape,
        layout=hints.output_layout,
        is_half="float16" in waveform.type + outputs[output].type,
    )
    return Inspected(adapter=trial.settle(draft), sample_rate_hz=hints.sample_rate_hz, window_s=window_s)


def _waveform_input(session: onnxruntime.InferenceSession, hints: Hints, path: Path) -> onnxruntime.NodeArg:
    """The first input that could be a waveform and was not given a value."""
    inputs = session.get_inputs()
    unknown = set(hints.inputs) - {node.name for node in inputs}
    if unknown:
        raise UsageError(f"'{path}' has no input '{min(unknown)}'. Found: {described('input', inputs)}.")
    for node in inputs:
        fits = hints.input_layout is not None or _input_layout(node.shape) is not None
        if fits and node.type in _WAVEFORM_TYPES and node.name not in hints.inputs:
            return node
    raise EncoderError(
        f"'{path}' takes no waveform. Found: {described('input', inputs)}. An encoder has its front end inside: export "
        "the model together with what makes its spectrogram. If an input is a waveform all the same, name its axes: "
        + command_line(["soundalike", "encoders", str(path), "--input-layout", "batch samples"])
    )


def _input_layout(shape: Sequence[object]) -> InputLayout | None:
    """The axes of an input, None if it is no waveform."""
    match shape:
        case [samples] if _may_be_samples(samples):
            return "samples"
        case [_, samples] if _may_be_samples(samples):
            return "batch samples"
        case [_, samples, 1] if _may_be_samples(samples):
            return "batch samples 1"
        case [_, 1 | None | str(), samples] if _may_be_samples(samples):
            return "batch 1 samples"
    return None


def _may_be_samples(size: object) -> bool:
    return not isinstance(size, int) or size >= _FEWEST_SAMPLES


def _constants(session: onnxruntime.InferenceSession, waveform: str, hints: Hints) -> dict[str, float | None]:
    """A value for every other input; None where only the user can know it."""
    values: dict[str, float | None] = {}
    for node in session.get_inputs():
        if node.name != waveform:
            is_rate = node.name.lower() in _RATE_NAMES and node.type != "tensor(bool)"
            values[node.name] = hints.inputs.get(node.name, hints.sample_rate_hz if is_rate else None)
    return values


def _fixed_window_s(num_samples: int, rate_hz: int, told_s: float | None, path: Path) -> float:
    window_s = num_samples / rate_hz
    if told_s is not None and round(told_s * rate_hz) != num_samples:
        raise UsageError(
            f"'{path}' takes {num_samples} samples, which is {window_s:g} s at {rate_hz} Hz, not {told_s:g} s. "
            "Leave --window-s out, or give another --sample-rate."
        )
    return window_s
