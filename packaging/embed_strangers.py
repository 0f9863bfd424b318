"""Write what the stock voices sound like to the speaker encoder: the strangers that a trained voice is compared with.

    python packaging/embed_strangers.py KOKORO.onnx assets/models/resemblyzer/strangers.npz

Each table of `assets/voices` speaks three sentences; every sentence gives one embedding.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.kokoro_onnx import RATE_HZ, KokoroOnnx
from companion.paths import bundled
from companion.voice_training.speaker_embedding import speaker_embedding

_CHINESE: Final = (
    "今天下午我们去公园散步，顺便买点水果回来。",
    "她轻轻地推开窗户，外面的雨已经停了。",
    "明天早上八点半在火车站见面吧。",
)
_ENGLISH: Final = (
    "I would like a cup of tea with a little milk, please.",
    "She opened the window quietly and looked at the rain.",
    "We are going to the market tomorrow morning to buy bread.",
)


def main(arguments: list[str] | None = None) -> None:
    """Speak, embed and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="the weights of Kokoro")
    parser.add_argument("target", type=Path, help="the .npz to write")
    asked = parser.parse_args(arguments)
    folder = bundled("assets") / "voices"
    kokoro = KokoroOnnx.load(asked.model, folder)
    names, embeddings = [], []
    for file in sorted(folder.glob("*.bin")):
        chinese = file.stem.startswith("z")
        voice = VoiceSpec(styles=((file.stem, 1.0),), language="zh" if chinese else "en")
        for text in _CHINESE if chinese else _ENGLISH:
            pieces = [speech.clip.samples for speech in kokoro.synthesise(text, CancelToken(), voice=voice)]
            names.append(file.stem)
            embeddings.append(speaker_embedding(np.concatenate(pieces), RATE_HZ))
    np.savez_compressed(asked.target, names=np.array(names), embeddings=np.array(embeddings, np.float16))
    print(f"{asked.target}: {len(names)} clips of {len(set(names))} voices")


if __name__ == "__main__":
    main()
