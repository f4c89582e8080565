"""Finds recordings that sound like the one you give it.

    import soundalike

    soundalike.index("lib", ["sounds"])
    for hit in soundalike.open("lib").search("x.wav", k=10).hits:
        print(hit.path, hit.start_s, hit.distance)

Names are loaded when they are first used, so `import soundalike` costs nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soundalike.encoders import load_encoder
    from soundalike.errors import SoundalikeError
    from soundalike.evaluation import evaluate
    from soundalike.library import Library, embed, index
    from soundalike.library import open_library as open  # noqa: A004
    from soundalike.training import train

    __version__: str

# ONNX Runtime's official builds send events to their maker unless they are told not to before they are loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Public name -> the module it comes from and its name there.
_HOME = {
    "Library": ("soundalike.library", "Library"),
    "SoundalikeError": ("soundalike.errors", "SoundalikeError"),
    "embed": ("soundalike.library", "embed"),
    "evaluate": ("soundalike.evaluation", "evaluate"),
    "index": ("soundalike.library", "index"),
    "load_encoder": ("soundalike.encoders", "load_encoder"),
    "open": ("soundalike.library", "open_library"),
    "train": ("soundalike.training", "train"),
}

__all__ = [
    "Library",
    "SoundalikeError",
    "__version__",
    "embed",
    "evaluate",
    "index",
    "load_encoder",
    "open",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("soundalike")
    if name not in _HOME:
        raise AttributeError(f"module 'soundalike' has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
