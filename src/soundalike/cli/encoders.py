"""`soundalike encoders`."""

from __future__ import annotations

from soundalike.cli.options import JsonOption
from soundalike.cli.show import print_json, print_table


def encoders(json: JsonOption = False) -> None:
    """List the encoders that come with soundalike."""
    from soundalike.encoders import BUILT_IN, load_encoder

    cards = {name: load_encoder(name).card for name in BUILT_IN}
    if json:
        print_json({name: card.as_json() for name, card in cards.items()})
        return
    print_table(
        ["encoder", "numbers", "window", "rate", "distance", "trained on"],
        [
            [
                name,
                str(card.dim),
                f"{card.window_s:g} s",
                f"{card.sample_rate_hz} Hz",
                card.distance,
                str(card.training_data.get("name", "nothing")),
            ]
            for name, card in cards.items()
        ],
    )
