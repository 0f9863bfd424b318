"""Decode the sound file on standard input to float samples on standard output, in a process that may abort.

WORKAROUND: the Vorbis decoder in miniaudio (stb_vorbis) writes outside its memory on some damaged files and takes its
process along. `python -m companion.voice_training.decoding_child FORM RATE`; exit code 1: the file cannot be read.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from companion.voice_training.miniaudio_blocks import miniaudio_blocks


def main(arguments: list[str]) -> NoReturn:
    """Decode until the end of the file, or until nobody reads any longer."""
    form, rate_hz = arguments[0], int(arguments[1])
    try:
        for block in miniaudio_blocks(sys.stdin.buffer, form, rate_hz):
            sys.stdout.buffer.write(block.astype("<f4").tobytes())
        sys.stdout.buffer.flush()
    except (OSError, ValueError):
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
