"""What a training is asked to do, and the rows it learns from, as files of a job folder.

`training.json` holds a `LoraJob`; `rows.jsonl` one `Row` a line; `prefixes.json` the tokens that many rows share.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from companion.errors import UsageError

Split = Literal["train", "val", "test", "replay"]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class LoraJob:
    """Paths are absolute; `max_tokens` is the length of one packed sequence, and `accumulate` of them make a step.

    `rank` r, `alpha` and `dropout` as in LoRA; `lr` is the peak after `warmup` (a share of all steps), falling as a
    cosine to a tenth. `patience` evaluations without gain end the training. `dtype` of the frozen weights.
    """

    base: Path
    out: Path
    seed: int = 1
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.05
    lr: float = 2e-4
    weight_decay: float = 0.0
    clip: float = 1.0
    warmup: float = 0.05
    epochs: float = 2.0
    max_steps: int = 0
    max_tokens: int = 1_024
    accumulate: int = 1
    evaluate_every: int = 25
    checkpoint_every: int = 25
    patience: int = 3
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    threads: int = 0
    time_limit_s: float = 0.0
    resume: bool = False

    @classmethod
    def read(cls, path: Path) -> LoraJob:
        """Read a job; raises UsageError for unknown fields and values out of bounds."""
        try:
            raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if raw.pop("format", None) != FORMAT:
                raise UsageError("This training was written by another version.", "Begin it anew.")
            for name in ("base", "out"):
                raw[name] = Path(raw[name])
            job = cls(**raw)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(f"The training's settings cannot be read: {error}", "Begin it anew.") from error
        job.check()
        return job

    def check(self) -> None:
        """Raise UsageError for what cannot work or cannot be kept in an adapter GGUF."""
        bounds = {
            "rank": 1 <= self.rank <= 256,
            "alpha": 0 < self.alpha <= 1024,
            "dropout": 0 <= self.dropout < 1,
            "lr": 0 < self.lr <= 1e-2,
            "max_tokens": 32 <= self.max_tokens <= 32_768,
            "accumulate": self.accumulate >= 1,
            "epochs": self.epochs > 0,
            "dtype": self.dtype in ("bfloat16", "float32"),
        }
        if bad := [name for name, fits in bounds.items() if not fits]:
            name = bad[0]
            raise UsageError(f"A training cannot have {name} = {getattr(self, name)}.", "Change the setting.")

    def write(self, path: Path) -> None:
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        text = {key: str(value) if isinstance(value, Path) else value for key, value in fields.items()}
        path.write_text(
            json.dumps({"format": FORMAT, **text}, ensure_ascii=False, indent=1), encoding="utf-8"
        )

    @property
    def identity(self) -> str:
        """A hash of what a resumed training must share with its beginning."""
        fixed = dataclasses.replace(self, resume=False, time_limit_s=0.0, threads=0, max_steps=0)
        digest = hashlib.sha256(repr(fixed).encode())
        for name in ("rows.jsonl", "prefixes.json"):
            digest.update((self.out / name).read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation as tokens behind a shared prefix.

    `spans` are (start, end, n_frame) in `ids`: what is learnt, its last `n_frame` tokens being the end of the turn.
    `n_chars` counts the visible characters in the spans.
    """

    id: str
    prefix: str
    ids: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]
    n_chars: int
    split: Split = "train"
    weight: float = 1.0
    view: str = "scene"
    who: str = ""

    @property
    def n_trained(self) -> int:
        return sum(end - start for start, end, _ in self.spans)

    def as_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)


def read_rows(folder: Path) -> tuple[list[Row], dict[str, list[int]]]:
    """Return the rows and the shared prefixes of a job folder. Raises UsageError when they contradict each other."""
    prefixes: dict[str, list[int]] = json.loads((folder / "prefixes.json").read_text(encoding="utf-8"))
    rows = []
    with (folder / "rows.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            raw = json.loads(line)
            row = Row(**{**raw, "ids": tuple(raw["ids"]), "spans": tuple(map(tuple, raw["spans"]))})
            bounds_hold = all(0 <= a < b <= len(row.ids) and 0 <= n < b - a for a, b, n in row.spans)
            if row.prefix not in prefixes or not bounds_hold or not row.spans:
                raise UsageError(
                    f"Line {number} of the training rows does not fit.", "Make the dataset again."
                )
            rows.append(row)
    if not any(row.split == "train" for row in rows):
        raise UsageError("There is nothing to train on.", "Add lines of the character.")
    return rows, prefixes
