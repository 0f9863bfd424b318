"""A small job in a process of its own, for the kill tests: `job_workload.py FOLDER good|in_place`.

`in_place` is the control: it takes a file that is there for a file that is whole, and keeps items without a line's end.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from companion.jobs.job import Job
from companion.jobs.stage import Stage
from companion.jobs.stage_run import StageRun

N_PARTS = 8
_LINES = 3000
_CHILD = "import sys; sys.stdout.write('雨' * 5000 + '\\n'); sys.stdout.flush()"


def part(n: int) -> bytes:
    line = hashlib.sha256(f"雨{n}".encode()).hexdigest()
    return "\n".join(f"{line}{k}" for k in range(_LINES)).encode()


def make_parts(run: StageRun) -> dict[str, object]:
    items = run.items()
    for n in range(N_PARTS):
        if str(n) not in items:
            run.write(f"parts/{n}.txt", part(n))
            items.add(str(n), hashlib.sha256(part(n)).hexdigest())
        else:
            run.keep(f"parts/{n}.txt")
        run.progress(n + 1, N_PARTS)
    return {"shas": [items[str(n)] for n in range(N_PARTS)]}


def make_parts_in_place(run: StageRun) -> dict[str, object]:
    for n in range(N_PARTS):
        path = run.job / "parts" / f"{n}.txt"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            with path.open("wb", buffering=0) as file:
                content = part(n)
                half = len(content) // 2
                file.write(content[:half])
                file.write(content[half:])
        run.keep(f"parts/{n}.txt")
    return {"shas": [hashlib.sha256(part(n)).hexdigest() for n in range(N_PARTS)]}


def join(run: StageRun) -> dict[str, object]:
    said: list[str] = []
    run.child([sys.executable, "-I", "-S", "-c", _CHILD], said.append)
    with run.placing("全部.txt") as path, path.open("wb") as out:
        for n in range(N_PARTS):
            out.write((run.job / "parts" / f"{n}.txt").read_bytes())
        run.finalizing("joining")
        out.write("".join(said).encode())
    return {"bytes": (run.job / "全部.txt").stat().st_size}


def job(folder: Path, variant: str) -> Job:
    first = make_parts if variant == "good" else make_parts_in_place
    return Job(
        folder,
        [
            Stage("parts", first, owns=("parts/*.txt",)),
            Stage("join", join, needs=("parts",), owns=("全部.txt",)),
        ],
    )


if __name__ == "__main__":
    result = job(Path(sys.argv[1]), sys.argv[2]).run()
    print(result.outcome, result.code)
    sys.exit(0 if result.outcome == "done" else 1)
