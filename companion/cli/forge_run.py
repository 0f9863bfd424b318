"""`companion forge run NOVEL --name NAME`: from a text to a character, in stages that go on where they were."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from companion import settings as settings_file
from companion import wiring
from companion.cli.forge_data import fields_of
from companion.cli.job_lines import JobLines, seconds_of, show_status
from companion.cli.stopping import saving_on_interrupt
from companion.domain.cancel import CancelToken
from companion.engines.catalog import load_catalog
from companion.errors import CompanionError, UsageError
from companion.forge.overrides import Override, add_override, read_overrides
from companion.forge.pack import RIGHTS
from companion.forge.pipeline import STOPS, TITLES, forge_job
from companion.forge.request import JOBS, ForgeRequest, found_jobs, job_folder, load_request, save_request
from companion.forge.stages import OVERRIDES, OpenModel
from companion.forge.trainer import NEEDED
from companion.jobs.events import JobEvent
from companion.jobs.job import JobResult
from companion.jobs.torch_home import torch_home
from companion.packs.names import pack_id
from companion.paths import Paths, bundled

STOPPED: Final = 130
ACTIONS: Final = ("run", "status")
_RIGHTS_WORDS: Final = "public-domain, own, licensed or private (default: not to be passed on)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument(
        "--out", type=Path, metavar="PACK", help="the pack's folder (default: your characters)"
    )
    group.add_argument(
        "--base", type=Path, metavar="GGUF", help="the model to train (default: the one you use)"
    )
    group.add_argument("--no-train", action="store_true", help="make a card and lore alone")
    group.add_argument("--force", action="store_true", help="train on few lines too")
    group.add_argument("--to", choices=tuple(STOPS), default="pack", help="stop after this")
    group.add_argument("--resume", action="store_true", help="go on with the job that was begun last")
    group.add_argument("--rights", choices=RIGHTS, help=f"whose the text is: {_RIGHTS_WORDS}")
    group.add_argument("--time", metavar="8h", help="train no longer than this: 90s, 45min, 8h")
    group.add_argument("--max-steps", type=int, default=0, metavar="N", help="train no more steps: a trial")
    group.add_argument("--seed", type=int, default=1, metavar="N")
    group.add_argument("--again", metavar="STAGE", help="do this stage again")


def run(arguments: argparse.Namespace) -> int:
    """Run or look at a job and return the exit code."""
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    folder, request = _asked(arguments, paths)
    cache = paths.cache / "packs"
    if arguments.action == "status":
        return show_status(forge_job(folder, request, cache=cache), folder, TITLES, as_json=arguments.json)
    home = torch_home(NEEDED) if request.base is not None and arguments.to != "dataset" else None
    lines = JobLines(sys.stdout, TITLES)
    listener = _print_json if arguments.json else lines
    _take_corrections(request, folder)
    job = forge_job(
        folder, request, cache=cache, listeners=[listener], open_model=_opener(arguments), home=home
    )
    stop = STOPS[arguments.to]
    if arguments.action == "import" or (request.base is None and stop == "train"):
        stop = "dataset"
    with saving_on_interrupt(job):
        result = job.run(to=stop, again=arguments.again or "")
    lines.close()
    return _told(result, folder, request, arguments)


def _opener(arguments: argparse.Namespace) -> OpenModel | None:
    if not arguments.ask_model:
        return None
    from companion.cli.forge_model import opened_client

    return lambda: opened_client(arguments.home)


def _take_corrections(request: ForgeRequest, folder: Path) -> None:
    """Let corrections that were made beside the file hold in the job too; all the names of hers are one person."""
    beside = request.file.with_name(f"{request.file.name}.overrides.jsonl")
    if beside.is_file() and not (folder / OVERRIDES).exists():
        shutil.copyfile(beside, folder / OVERRIDES)
    held = read_overrides(folder / OVERRIDES)
    for name in request.known:
        merge = Override("merge", name, request.name)
        if merge not in held:
            add_override(folder / OVERRIDES, merge)


def _asked(arguments: argparse.Namespace, paths: Paths) -> tuple[Path, ForgeRequest]:
    jobs = paths.data / JOBS
    if not arguments.what:
        return _found(arguments, jobs)
    if not arguments.name:
        raise UsageError("A name is needed.", "Example: companion forge run novel.txt --name 林黛玉")
    file = Path(arguments.what[0]).expanduser().resolve()
    folder = job_folder(jobs, arguments.name[0], file)
    if arguments.action == "status":
        return folder, load_request(folder)
    request = ForgeRequest(
        file,
        arguments.name[0],
        (arguments.out or paths.characters / pack_id(arguments.name[0])).expanduser().resolve(),
        None if arguments.no_train else _base(arguments, paths),
        arguments.rights or _rights_before(folder),
        tuple(arguments.name[1:]),
        arguments.form,
        arguments.seed,
        seconds_of(arguments.time) if arguments.time else 0.0,
        arguments.max_steps,
        arguments.force,
        tuple(fields_of(arguments).items()),
        arguments.rejoin,
        arguments.mend,
    )
    save_request(folder, request)
    return folder, request


def _found(arguments: argparse.Namespace, jobs: Path) -> tuple[Path, ForgeRequest]:
    """Return the last job, of the name that is given; more time may be given to one that goes on."""
    wanted = arguments.name[0] if arguments.name else None
    for folder, request in found_jobs(jobs):
        if wanted in (None, request.name):
            if arguments.action == "run" and (arguments.time or arguments.rights):
                time_s = seconds_of(arguments.time) if arguments.time else request.time_limit_s
                request = replace(request, time_limit_s=time_s, rights=arguments.rights or request.rights)
                save_request(folder, request)
            return folder, request
    raise UsageError("There is no job.", "Begin one: companion forge run FILE --name NAME", code="no_job")


def _rights_before(folder: Path) -> Any:
    try:
        return load_request(folder).rights
    except CompanionError:
        return "private"


def _base(arguments: argparse.Namespace, paths: Paths) -> Path | None:
    """Return the model to train: the one that is named, else the one that is in use; None for a model elsewhere."""
    if arguments.base is not None:
        base: Path = arguments.base.expanduser().resolve()
        if not base.is_file():
            raise UsageError(f"There is no model {base}.", "Name a .gguf file, or add --no-train.")
        return base
    settings, _ = settings_file.load(paths.settings)
    catalog = load_catalog(bundled("models") / "catalog.toml")
    try:
        spec = wiring.language_spec(
            settings, paths, catalog, progress=lambda done, total: None, cancel=CancelToken()
        )
    except CompanionError as error:
        print(f"{error.what} A card and lore are made; nothing is trained.", file=sys.stderr)
        return None
    model = spec.options.get("model")
    return Path(str(model)) if spec.engine == "llama_cpp" and model else None


def _print_json(event: JobEvent) -> None:
    # Who listens may be gone; the job saves and stops by itself then.
    with contextlib.suppress(OSError):
        print(event.line(), flush=True)


def _told(result: JobResult, folder: Path, request: ForgeRequest, arguments: argparse.Namespace) -> int:
    code = {"done": 0, "cancelled": STOPPED, "waiting": 3, "failed": 1}[result.outcome]
    go_on = f"companion forge run --resume --name {request.name}"
    if arguments.json:
        row = {"outcome": result.outcome, "stage": result.stage, "what": result.what, "hint": result.hint}
        print(json.dumps({**row, "code": result.code, "folder": str(folder)}, ensure_ascii=False))
    elif result.outcome == "done":
        has_pack = arguments.to == "pack" and arguments.action == "run"
        print(f"Done: {request.out if has_pack else folder}")
        if has_pack and request.rights == "private":
            print("The rights of its source are not told: keep it to yourself, or give --rights.")
    elif result.outcome == "cancelled":
        print(f"Stopped; everything that was done is saved. Go on with: {go_on}")
    else:
        print(f"{result.what}\n{result.hint}".strip(), file=sys.stderr)
        print(f"Nothing is lost. Go on with: {go_on}", file=sys.stderr)
    return code
