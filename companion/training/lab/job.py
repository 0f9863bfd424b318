"""What a lab run is asked to do: `lab.json` of its folder, with the texts it learns from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from companion.errors import UsageError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class LabJob:
    """`texts` are .txt files to read and .jsonl files of conversations (`turns` of `role` and `text`) to answer like.

    First `text_steps` on the text, then `talk_steps` on the conversations, whose replies alone count. A step computes
    `batch_tokens` tokens, `context` of them in one piece. Widths are those of a Llama.
    """

    texts: tuple[Path, ...]
    out: Path
    vocabulary: int = 2_000
    width: int = 128
    layers: int = 4
    heads: int = 4
    context: int = 256
    batch_tokens: int = 2_048
    text_steps: int = 200
    talk_steps: int = 200
    lr: float = 3e-3
    seed: int = 1
    threads: int = 0
    checkpoint_every: int = 50
    resume: bool = False

    @classmethod
    def read(cls, path: Path) -> LabJob:
        """Read a job; raises UsageError for unknown fields and values out of bounds."""
        try:
            raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if raw.pop("format", None) != FORMAT:
                raise UsageError("This lab run was written by another version.", "Begin it anew.")
            raw["texts"], raw["out"] = tuple(Path(one) for one in raw["texts"]), Path(raw["out"])
            job = cls(**raw)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(f"The lab's settings cannot be read: {error}", "Begin it anew.") from error
        job.check()
        return job

    def check(self) -> None:
        """Raise UsageError for what cannot work."""
        bounds = {
            "texts": bool(self.texts),
            "vocabulary": 300 <= self.vocabulary <= 65_536,
            "heads": (self.heads >= 1 and self.heads % 2 == 0) or self.heads == 1,
            "width": self.width % (2 * self.heads) == 0 and 16 <= self.width <= 2_048,
            "layers": 1 <= self.layers <= 48,
            "context": 32 <= self.context <= 4_096,
            "batch_tokens": self.batch_tokens >= self.context,
            "lr": 0 < self.lr <= 0.1,
            "text_steps": self.text_steps >= 0,
            "talk_steps": self.talk_steps >= 0 and self.text_steps + self.talk_steps > 0,
        }
        if bad := [name for name, fits in bounds.items() if not fits]:
            name = bad[0]
            raise UsageError(f"A lab run cannot have {name} = {getattr(self, name)}.", "Change the setting.")

    @property
    def identity(self) -> str:
        """A hash of what a resumed run must share with its beginning."""
        fixed = replace(self, resume=False, threads=0, checkpoint_every=0, text_steps=0, talk_steps=0)
        digest = hashlib.sha256(repr(fixed).encode())
        for text in self.texts:
            digest.update(text.read_bytes())
        return digest.hexdigest()

    def write(self, path: Path) -> None:
        fields = {**asdict(self), "texts": [str(one) for one in self.texts], "out": str(self.out)}
        path.write_text(
            json.dumps({"format": FORMAT, **fields}, ensure_ascii=False, indent=1), encoding="utf-8"
        )
