"""An image of one red point, and an eighth of a second of silence."""

import base64
import struct

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
"""As PNG, in Base64."""

_SAMPLES = b"\x80" * 1000
_FORMAT = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)

WAV = base64.b64encode(
    struct.pack("<4sI4s4s", b"RIFF", 36 + len(_SAMPLES), b"WAVE", b"fmt ")
    + _FORMAT
    + struct.pack("<4sI", b"data", len(_SAMPLES))
    + _SAMPLES
).decode()
"""As WAV, 8 bits and 8,000 samples a second, in Base64."""
