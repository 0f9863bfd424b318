"""Stands where the training with torch would be: speaks its lines, keeps checkpoints, obeys its stop file."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def main(path: Path) -> int:
    job = json.loads(path.read_text(encoding="utf-8"))
    out, how = Path(job["out"]), job["profile"]
    print("a library talks", flush=True)
    if how == "dies":
        print("ValueError: too short", file=sys.stderr)
        return 7
    if how == "refuses":
        tell("error", what="There is no clip to train on.", hint="Record more.", code="clips")
        return 1
    tell("plan", steps={"invert": 10, "decoder": 6})
    if job.get("trial_steps"):
        for stage in ("invert", "decoder"):
            for step in range(job["trial_steps"]):
                tell("step", stage=stage, step=step + 1, of=3, losses={}, step_s=1.0, eta_s=2.0)
                time.sleep(0.01)
        tell("done")
        return 0
    (out / "checkpoints").mkdir(exist_ok=True)
    (out / "candidates").mkdir(exist_ok=True)
    first = 3 if job["resume"] else 0
    for step in range(first, 6):
        tell(
            "step",
            stage="decoder",
            step=step + 1,
            of=6,
            losses={"mel": 1 / (step + 1)},
            step_s=0.4,
            eta_s=2.0,
        )
        if step == 2:
            (out / "checkpoints" / "a.pt").write_bytes(b"x")
            while how == "waits" and not job["resume"] and not (out / "stop").exists():
                time.sleep(0.02)
            if how == "waits" and not job["resume"]:
                tell("stopped")
                return 0
    (out / "candidates" / "decoder-00006.onnx").write_bytes(b"onnx")
    tell("candidate", file="candidates/decoder-00006.onnx", step=6)
    tell("done")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
