"""The encoder of a library: described in its header, loaded again, and kept from being mixed with another."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from soundalike.errors import EncoderError, EncoderMismatchError, UsageError
from soundalike.store import EncoderRecord, LibraryHeader

if TYPE_CHECKING:
    from soundalike.encoders import Encoder


# Windows that may hold one moment of sound; more would differ by nothing that anybody hears.
MOST_OVERLAPPING = 100


def resolve_encoder(
    encoder: Encoder | str | Path | None, header: LibraryHeader | None
) -> tuple[Encoder, str]:
    """The encoder that a caller means, loaded, and how to load it again.

    Args:
        encoder: an encoder, what `load_encoder` takes, or None for the library's own ("default" in a new one).
        header: of the library, None for a new one.
    """
    if encoder is None:
        return _own_encoder(header)
    from soundalike.encoders import load_encoder, source_of

    if not isinstance(encoder, str | Path):
        return encoder, source_of(encoder)
    loaded = None
    if header is not None and header.encoder.adapter is not None:
        # The same ONNX file at another place, or its next version: the library knows what it does not say itself.
        with suppress(EncoderError):
            loaded = _load_like(header.encoder, str(encoder))
    loaded = loaded or load_encoder(encoder)
    return loaded, source_of(loaded)


def record_of(encoder: Encoder, source: str) -> EncoderRecord:
    """What a library remembers of its encoder."""
    return EncoderRecord(
        name=encoder.name,
        source=source,
        fingerprint=encoder.fingerprint,
        window_s=encoder.window_s,
        sample_rate_hz=encoder.sample_rate_hz,
        dim=encoder.dim,
        distance=encoder.distance,
        adapter=encoder.card.adapter,
    )


def refuse_other_encoder(encoder: Encoder, header: LibraryHeader, library: object) -> None:
    """Keep embeddings of two encoders apart.

    Raises:
        EncoderMismatchError: the library was made with another encoder.
    """
    own = header.encoder
    if not is_made_with(header, encoder):
        raise EncoderMismatchError(
            f"the library '{library}' was made with the encoder '{own.name}' (fingerprint {own.fingerprint[:12]}, "
            f"windows of {own.window_s:g} s at {own.sample_rate_hz} Hz), not with '{encoder.name}' (fingerprint "
            f"{encoder.fingerprint[:12]}, {encoder.window_s:g} s at {encoder.sample_rate_hz} Hz); their embeddings "
            f"cannot be compared. Use the encoder '{own.source}', index the audio into a new library, or move this one "
            "to the other encoder with: soundalike index --encoder ENCODER --reembed"
        )


def refuse_unusable_hop(hop_s: float, encoder: Encoder) -> None:
    """Keep a mistyped hop from filling the disk with windows that are all alike.

    Raises:
        UsageError: the hop is no number of seconds above 0, or windows would start at almost the same place.
    """
    if not (math.isfinite(hop_s) and hop_s > 0):
        raise UsageError(f"hop_s is {hop_s}; it should be a number of seconds above 0.")
    if hop_s * MOST_OVERLAPPING < encoder.window_s:
        raise UsageError(
            f"hop_s is {hop_s:g}; the encoder '{encoder.name}' takes windows of {encoder.window_s:g} s, so give "
            f"{encoder.window_s / MOST_OVERLAPPING:g} or more."
        )


def is_made_with(header: LibraryHeader, encoder: Encoder) -> bool:
    """Whether the embeddings of a library are those of an encoder."""
    own = header.encoder
    return (encoder.fingerprint, encoder.dim, encoder.window_s, encoder.sample_rate_hz) == (
        *(own.fingerprint, own.dim, own.window_s, own.sample_rate_hz),
    )


def _own_encoder(header: LibraryHeader | None) -> tuple[Encoder, str]:
    from soundalike.encoders import load_encoder

    if header is None:
        return load_encoder("default"), "default"
    own = header.encoder
    try:
        return _load_like(own, own.source), own.source
    except UsageError as exc:
        raise EncoderMismatchError(
            f"the library's encoder '{own.name}' (fingerprint {own.fingerprint[:12]}) is no longer at "
            f"'{own.source}'. Name the place where it is now: --encoder PATH."
        ) from exc


def _load_like(record: EncoderRecord, source: str) -> Encoder:
    """Load an encoder; if it is an ONNX file without a card, as the encoder of the record was fed and read."""
    from soundalike.encoders import load_encoder

    return load_encoder(
        source, sample_rate_hz=record.sample_rate_hz, window_s=record.window_s, adapter=record.adapter
    )
