"""An ONNX file in memory, and the sessions that run it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from soundalike.encoders.adapter import Adapter
from soundalike.encoders.card import GRAPH_FILE
from soundalike.encoders.external_data import external_files
from soundalike.errors import EncoderError, UsageError

if TYPE_CHECKING:
    import onnxruntime

_CHUNK_BYTES = 1 << 20
_ON_GPU = "CUDAExecutionProvider"

Device = Literal["cpu", "gpu"]


@dataclass(frozen=True, kw_only=True)
class OnnxGraph:
    """The bytes of an ONNX file.

    Attributes:
        name: what messages call it.
        content: the bytes of the file.
        folder: where it lies; files that hold its weights lie there too.
    """

    name: str
    content: bytes
    folder: Path

    @classmethod
    def read(cls, path: Path) -> OnnxGraph:
        """Read an ONNX file.

        Raises:
            EncoderError: it cannot be read, or a file that holds its weights is missing.
        """
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise EncoderError(f"cannot read encoder '{path}': {exc.strerror}.") from exc
        graph = cls(name=str(path), content=content, folder=path.resolve().parent)
        missing = [name for name in graph.weights if not (graph.folder / name).is_file()]
        if missing:
            raise EncoderError(
                f"encoder '{path}' keeps weights in {', '.join(map(repr, missing))}, which does not lie beside it. "
                "Copy it there, or save the model in one file."
            )
        return graph

    @property
    def weights(self) -> tuple[str, ...]:
        """The files that hold its weights, relative to its folder; most graphs have none."""
        return external_files(self.content)

    def open_session(
        self, *, num_threads: int | None = None, device: Device = "cpu"
    ) -> onnxruntime.InferenceSession:
        """A session; see `open_session`."""
        folder = self.folder if self.weights else None
        return open_session(
            self.content, name=self.name, num_threads=num_threads, weights_folder=folder, device=device
        )

    def fingerprint(self, adapter: Adapter | None, *, num_samples: int, sample_rate_hz: int) -> str:
        """The identity of the encoder that this graph is: a hash of all that its embeddings depend on.

        Without an adapter, and with all weights inside, it is the hash of the file.

        Args:
            adapter: how the graph is fed and read, None for one that takes [batch, samples] and gives [batch, dim].
            num_samples: length of the waveforms; together with the rate it counts only beside an adapter, since other
                graphs were exported for one rate and length.
            sample_rate_hz: their rate.
        """
        digest = hashlib.blake2b(self.content, digest_size=16)
        for name in self.weights:
            with (self.folder / name).open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
        if adapter is not None:
            fed = {**asdict(adapter), "num_samples": num_samples, "sample_rate_hz": sample_rate_hz}
            digest.update(json.dumps(fed, sort_keys=True).encode())
        return digest.hexdigest()

    def copy_to(self, folder: Path) -> None:
        """Write the graph to a folder, as its `encoder.onnx`, and its weights beside it."""
        inside = {Path(name) for name in self.weights}
        if any(name.is_absolute() or ".." in name.parts for name in inside):
            raise UsageError(f"'{self.name}' keeps weights outside its folder; save the model in one file.")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / GRAPH_FILE).write_bytes(self.content)
        for name in inside:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((self.folder / name).read_bytes())


def open_session(
    graph: bytes,
    *,
    name: str,
    num_threads: int | None = None,
    weights_folder: Path | None = None,
    device: Device = "cpu",
) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session.

    Args:
        graph: the bytes of the ONNX file.
        name: of the encoder, for messages.
        num_threads: threads of one call; None means one for each core.
        weights_folder: where the other files lie that the graph keeps weights in, if it does.
        device: where it computes; on a GPU its numbers differ from those of a CPU by rounding.
    Raises:
        EncoderError: the bytes are no ONNX graph that ONNX Runtime can run, or it knows no GPU.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait by spinning take the cores from the decoders, and double the time that loading takes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights_folder is not None:
        key = "session.model_external_initializers_file_folder_path"
        options.add_session_config_entry(key, str(weights_folder))
    if num_threads is not None:
        options.intra_op_num_threads = num_threads
    providers = ["CPUExecutionProvider"]
    if device == "gpu":
        if _ON_GPU not in onnxruntime.get_available_providers():
            raise EncoderError(
                f"encoder '{name}' cannot compute on a GPU: this ONNX Runtime knows none. Replace it: "
                "pip uninstall onnxruntime, then pip install onnxruntime-gpu."
            )
        providers.insert(0, _ON_GPU)
    try:
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    except Exception as exc:  # ONNX Runtime's own errors share no public base class
        raise EncoderError(f"encoder '{name}': ONNX Runtime cannot load it: {exc}") from exc
