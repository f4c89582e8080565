"""Export the front ends as the small ONNX graphs that the package ships in `src/soundalike/features/onnx/`.

Run it after a change to a front end; a test compares the shipped graphs with the torch modules.
"""

from pathlib import Path
from typing import get_args

import torch

from soundalike.features.logfreq import NUM_SAMPLES, LogFreqSpectrogram, TimeAxis
from soundalike.features.logmel import LogMel, MelPower
from soundalike.training.export import export_graph

FOLDER = Path(__file__).parent.parent / "src" / "soundalike" / "features" / "onnx"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for time_axis in get_args(TimeAxis):
        path = FOLDER / f"logfreq-{time_axis}.onnx"
        export_graph(LogFreqSpectrogram(time_axis=time_axis), path, example=torch.zeros(2, NUM_SAMPLES))
        print(path)
    for name, module in (("logmel", LogMel()), ("mel-power", MelPower())):
        path = FOLDER / f"{name}.onnx"
        export_graph(module, path, example=torch.zeros(2, NUM_SAMPLES))
        print(path)


if __name__ == "__main__":
    main()
