"""Loads and installs packs under an audit hook and prints what Python was asked to do meanwhile, as JSON lines.

    python audit_child.py FOLDER COUNT [careless]

`careless` is the control: a loader that unpickles, compiles and connects.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib.util
import json
import os
import pickle
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from companion.errors import CompanionError
from companion.packs.install import install, remove
from companion.packs.library import Library, report_on

NEVER = (
    "exec", "compile", "import", "pickle.find_class", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn",
    "os.fork", "os.forkpty", "socket.connect", "socket.bind", "socket.getaddrinfo", "ctypes.dlopen", "marshal.loads",
    "code.__new__", "os.startfile", "urllib.Request",
)  # fmt: skip
RUNNABLE = (
    "pkl", "pickle", "pt", "pth", "bin", "ckpt", "npy", "npz", "joblib", "safetensors", "py", "pyc", "dll", "so",
    "exe", "lnk", "desktop", "sh", "bat", "jar", "yaml", "html",
)  # fmt: skip
PLACES = (
    "",
    "assets/x_voice/ai/",
    "assets/x_adapter/ai/",
    "assets/x_lore/other/",
    "assets/icon/",
    ".original/",
)


class Canary:
    """Pickled, it writes a file when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch '{self.path}'",))


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mutate: Any = _load("mutate_child")
make = mutate.make


def baited(base: Path, canary: Path) -> Iterator[Path]:
    """Yield packs that hold something runnable in every place, as a folder and as an archive."""
    content = pickle.dumps(Canary(str(canary)))
    files = {f"{place}bait.{suffix}": content for place in PLACES for suffix in RUNNABLE}
    files |= {f"{place}bait.{suffix}": content for place in PLACES for suffix in ("onnx", "gguf", "png")}
    assets = [
        {"type": kind, "uri": f"embeded://{name}", "name": "main", "ext": name.rpartition(".")[2]}
        for kind in ("x_voice", "x_adapter", "x_lore", "icon", "x_rig")
        for name in files
    ]
    card = make.raw(make.card(assets=assets))
    folder = base / "baited"
    for name, raw in {"card.json": card, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    yield folder
    packed = base / "baited.charx"
    packed.write_bytes(
        make.archive(
            [make.member("card.json", card), *(make.member(name, raw) for name, raw in files.items())]
        )
    )
    yield packed


def load(source: Path, base: Path) -> None:
    with contextlib.suppress(CompanionError):
        report_on(source, cache=base / "cache")
        report = install(source, base / "characters", cache=base / "cache")
        Library([base / "characters"], bundled=base / "none", cache=base / "cache").get(report.id)
        remove(base / "characters" / report.id)


def careless(source: Path) -> None:
    bait = next(source.glob("bait.pkl"))
    pickle.loads(bait.read_bytes())  # noqa: S301
    exec(compile("1", str(bait), "exec"))
    with contextlib.suppress(OSError), socket.socket() as one:
        one.connect(("127.0.0.1", 9))
    subprocess.run(["true"], check=True)


def main(arguments: list[str]) -> None:
    base, count = Path(arguments[0]), int(arguments[1])
    base.mkdir()
    canary = base / "canary"
    baits = list(baited(base, canary))
    seen: list[tuple[str, str]] = []
    watching = [False]

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if not watching[0]:
            return
        if event in NEVER:
            seen.append((event, str(values)[:200]))
        elif event == "open" and str(values[0]).rpartition(".")[2] in RUNNABLE:
            seen.append(("open", str(values[0])))

    for encoding in ("cp437", "gb18030", "shift_jis", "big5", "latin-1", "utf-8-sig"):
        codecs.lookup(encoding)
    sys.addaudithook(hook)
    for number in range(-len(mutate.SEEDS), count):
        # The first round meets what is imported late.
        watching[0] = False
        folder = base / "source"
        folder.mkdir()
        seed = mutate.SEEDS[number % len(mutate.SEEDS)]
        source = mutate.build(seed, random.Random(number), folder)
        watching[0] = number >= 0
        with contextlib.suppress(CompanionError):
            mutate.use_book(source, base) if seed in mutate.BOOKS else mutate.use(source, base)
        watching[0] = False
        for name in ("source", "characters", "cache"):
            shutil.rmtree(base / name, ignore_errors=True)
    for source in baits:
        watching[0] = True
        load(source, base)
        if "careless" in arguments and source.is_dir():
            careless(source)
        watching[0] = False
    loaded = [
        name for name, one in sys.modules.items() if str(getattr(one, "__file__", "")).startswith(str(base))
    ]
    sys.stdout.write(json.dumps({"events": seen, "modules": loaded, "canary": canary.exists()}))


if __name__ == "__main__":
    main(sys.argv[1:])
