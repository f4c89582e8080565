"""Which other files an ONNX graph keeps its weights in.

The `onnx` package could tell, but is not part of the plain install, so this reads the few fields of the protobuf that
matter. A message is a row of fields: a key (number and kind), then a varint, or a length and so many bytes, or 4 or 8
bytes.

Source: https://protobuf.dev/programming-guides/encoding/ and
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5

# The fields on the way from a model to the entries that name files, by message and number.
_INSIDE = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
    "tensor": {13: "entry"},
}


def external_files(model: bytes) -> tuple[str, ...]:
    """Names of the files that hold weights of a graph, relative to its folder, sorted; empty for most graphs.

    What is no ONNX graph names none.
    """
    if b"location" not in model:  # the key that every entry has
        return ()
    try:
        return tuple(sorted(set(_locations(memoryview(model), "model"))))
    except (IndexError, ValueError):
        return ()


def _locations(message: memoryview, kind: str) -> Iterator[str]:
    if kind == "entry":
        texts = {number: str(value, "utf-8") for number, value in _fields(message)}
        if texts.get(1) == "location":
            yield texts[2]
        return
    for number, value in _fields(message):
        if inner := _INSIDE[kind].get(number):
            yield from _locations(value, inner)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of the fields that hold bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        wire = key & 7
        if wire == _VARINT:
            _, place = _varint(message, place)
        elif wire == _LENGTH:
            length, place = _varint(message, place)
            yield key >> 3, message[place : place + length]
            place += length
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            place += 8 if wire == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"no protobuf: wire type {wire}")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number that begins at `place`, seven bits a byte, and the place behind it."""
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7
