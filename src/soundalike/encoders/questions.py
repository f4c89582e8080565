"""What a graph does not say: what a user says of it, and what has to be asked."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundalike.encoders.adapter import TYPES, InputLayout

if TYPE_CHECKING:
    import onnxruntime


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What a user says of a graph, since the graph does not; see `load_encoder`. None: find out, or ask."""

    sample_rate_hz: int | None = None
    window_s: float | None = None
    output: str | None = None
    inputs: Mapping[str, float] = field(default_factory=dict)
    input_layout: InputLayout | None = None
    output_layout: str | None = None
    full_scale: float | None = None


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What nobody has said: the rate, the window, which output, the values of which inputs."""

    rate: bool
    window: bool
    output: bool
    inputs: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether there is anything to ask."""
        return self.rate or self.window or self.output or bool(self.inputs)

    def text(self, session: onnxruntime.InferenceSession, hints: Hints, *, waveform: str, path: Path) -> str:
        """What was found, what is missing, and what to type.

        Args:
            session: of the graph.
            hints: what is known already.
            waveform: name of the input for the waveform.
            path: of the ONNX file.
        """
        outputs = session.get_outputs()
        asked = [
            (self.rate, "the sample rate in Hz"),
            (self.window, "the length of a window in seconds"),
            (self.output, "which output is the embedding"),
            *((True, f"a value for the input '{name}'") for name in self.inputs),
        ]
        missing = ", ".join(text for is_missing, text in asked if is_missing)
        options = _words(
            ("--sample-rate", hints.sample_rate_hz or "HZ"),
            ("--window-s", hints.window_s or ("SECONDS" if self.window else None)),
            ("--output", hints.output or (_likely(outputs) if self.output else None)),
        )
        inputs = _words(
            *(("--input", f"{name}={value:g}") for name, value in hints.inputs.items()),
            *(("--input", f"{name}=NUMBER") for name in self.inputs),
        )
        folder = path.with_name(path.stem)
        save = command_line(["soundalike", "encoders", str(path), *options, *inputs, "--save", str(folder)])
        # Values of further inputs are for `encoders` alone.
        here = "" if inputs else f"Add to the command: {command_line(options)}. Or say it once, "
        return (
            f"'{path}' does not say all that is needed. Found: {described('input', session.get_inputs())}, of which "
            f"'{waveform}' takes the waveform; {described('output', outputs)}. Missing: {missing}. "
            f"{here or 'Say it once, '}and name the folder instead of the file from then on: {save}"
        )


def described(kind: str, nodes: Iterable[onnxruntime.NodeArg]) -> str:
    """The inputs or outputs of a graph, for people: name, type, shape."""
    each = [
        f"'{node.name}' {_type_name(node.type)} [{', '.join(_size_name(size) for size in node.shape)}]"
        for node in nodes
    ]
    return f"{kind}{'' if len(each) == 1 else 's'} {', '.join(each)}"


def _type_name(kind: str) -> str:
    return np.dtype(TYPES[kind]).name if kind in TYPES else kind


def _size_name(size: object) -> str:
    return "any" if size is None else str(size)


def _words(*options: tuple[str, object]) -> list[str]:
    return [word for name, value in options if value is not None for word in (name, str(value))]


def _likely(outputs: Sequence[onnxruntime.NodeArg]) -> str:
    """The output that is called an embedding, or else a word that stands for its name."""
    for word in ("embed", "hidden", "feature"):
        for node in outputs:
            if word in node.name.lower():
                return str(node.name)
    return "NAME"


def command_line(words: Sequence[str]) -> str:
    """Words as they are typed, in the quotes of the system's shell."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
