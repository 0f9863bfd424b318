"""Stands at the other end of the pipe: prints what a training prints, then waits until it is told to stop."""

from __future__ import annotations

import json
import sys
import time

EVENT = {
    "t": 0.0,
    "kind": "progress",
    "state": None,
    "done": 0,
    "total": 0,
    "eta_s": None,
    "msg": "",
    "metrics": {},
}


def say(**fields: object) -> None:
    print(json.dumps({**EVENT, **fields}, ensure_ascii=False), flush=True)


def main(how: str) -> int:
    print("not an event", flush=True)
    say(stage="import", kind="state", state="running")
    say(stage="import", kind="state", state="done")
    say(stage="train", kind="state", state="running")
    say(stage="train", done=30, total=200, eta_s=600.0, msg="decoder")
    if how == "dies":
        return 9
    if how == "waits_for_close":
        while sys.stdin.buffer.read(1):
            pass
    end = {"waits_for_close": "cancelled", "fails": "failed"}.get(how, "done")
    what = "The disk is full." if how == "fails" else ""
    print(
        json.dumps({"outcome": end, "what": what, "hint": "", "code": "", "stage": "train", "folder": "/x"}),
        flush=True,
    )
    time.sleep(0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
