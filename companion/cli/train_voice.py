"""`companion train-voice`, the same as `companion --train-voice`: from a folder of recordings to her voice."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

from companion.cli.job_lines import JobLines, seconds_of, show_status
from companion.cli.stopping import saving_on_interrupt
from companion.cli.voices import place_of
from companion.errors import UsageError
from companion.jobs.events import JobEvent
from companion.jobs.job import Job, JobResult
from companion.jobs.state_file import read_state
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.voice_training.data_stages import collect
from companion.voice_training.install import find_report
from companion.voice_training.job import TITLES, voice_job
from companion.voice_training.request import (
    CONSENT,
    JOBS,
    PROFILES,
    Consent,
    VoiceRequest,
    consent_now,
    found_jobs,
    job_folder,
    load_request,
    save_request,
)
from companion.voice_training.surroundings import Surroundings
from companion.voice_training.view import answer

WAITING = 3
STOPPED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="the recordings; with --resume not needed"
    )
    parser.add_argument("--character", "--pack", metavar="ID", help="who gets the voice")
    parser.add_argument("--lang", choices=("zh", "en", "auto"), default="auto", help="what is spoken")
    parser.add_argument(
        "--base", default="auto", metavar="FILE", help="a Piper voice to start from; or auto, none"
    )
    parser.add_argument("--profile", choices=PROFILES, default="auto")
    parser.add_argument("--smoke", action="store_true", help="the same as --profile smoke: a quick trial")
    parser.add_argument("--time", metavar="8h", help="train no longer than this: 90s, 45min, 8h, 2d")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--style-folders", action="store_true", help="each sub-folder (happy/, sad/ ...) is a way of speaking"
    )
    parser.add_argument(
        "--review", action="store_true", help="stop before the training, to go through the clips"
    )
    parser.add_argument("--clean", action="store_true", help="take noise out of noisy clips where that helps")
    parser.add_argument(
        "--resume", action="store_true", help="go on with a training that was stopped or waits"
    )
    parser.add_argument(
        "--speaker", type=int, choices=(1, 2), help="which of two people who speak equally often is wanted"
    )
    parser.add_argument("--to", metavar="STAGE", help="stop after this stage")
    parser.add_argument("--again", metavar="STAGE", help="do this stage again")
    parser.add_argument("--status", action="store_true", help="tell how far it is, and do nothing")
    parser.add_argument(
        "--yes-i-have-permission", action="store_true", help="the speaker has agreed to this voice being made"
    )
    parser.add_argument("--until-closed", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    folder, request = _asked(arguments, paths)
    around = Surroundings(paths, place_of(paths))
    if arguments.status:
        return show_status(voice_job(folder, request, around), folder, TITLES, as_json=arguments.json)
    if arguments.speaker:
        answer(folder, arguments.speaker - 1)
    collect(folder, settled=arguments.resume and _waits_for_review(folder))
    lines = JobLines(sys.stdout, TITLES)
    job = voice_job(folder, request, around, listeners=[_print_json if arguments.json else lines])
    if arguments.until_closed:
        threading.Thread(target=_stop_when_closed, args=(job,), name="job-stdin", daemon=True).start()
    with saving_on_interrupt(job):
        result = job.run(to=arguments.to or "", again=arguments.again or "")
    lines.close()
    return _told(result, folder, request, arguments)


def _print_json(event: JobEvent) -> None:
    # Who listens may be gone; the job saves and stops by itself then.
    with contextlib.suppress(OSError):
        print(event.line(), flush=True)


def _stop_when_closed(job: Job) -> None:
    """Ask the job to save and stop when the window that started it closes our standard input."""
    while sys.stdin.buffer.read(1):
        pass
    job.cancel.request()


def _waits_for_review(folder: Path) -> bool:
    record = read_state(folder).get("review")
    return record is not None and record.state == "pending" and bool(record.what)


def _asked(arguments: argparse.Namespace, paths: Paths) -> tuple[Path, VoiceRequest]:
    """Return the job's folder and what is asked of it. Raises UsageError."""
    jobs = paths.data / JOBS
    if arguments.resume or arguments.status:
        return _found(arguments, jobs)
    if arguments.folder is None or not arguments.character:
        raise UsageError(
            "A folder of recordings and a character are needed.",
            "Example: companion train-voice recordings --character xiaoman",
        )
    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    report = find_report(arguments.character, library.reports())
    recordings: Path = arguments.folder.expanduser().resolve()
    if not recordings.is_dir():
        raise UsageError(f"There is no folder {recordings}.", "Name the folder that holds the recordings.")
    folder = job_folder(jobs, report.id, recordings)
    request = VoiceRequest(
        recordings,
        report.id,
        _consent(arguments, folder),
        language=arguments.lang,
        base=_base(arguments.base),
        profile="smoke" if arguments.smoke else arguments.profile,
        time_limit_s=seconds_of(arguments.time) if arguments.time else None,
        style_folders=arguments.style_folders,
        review=arguments.review,
        clean=arguments.clean,
        seed=arguments.seed,
    )
    save_request(folder, request)
    return folder, request


def _found(arguments: argparse.Namespace, jobs: Path) -> tuple[Path, VoiceRequest]:
    """Return the job of the folder or character that is named, else the last one."""
    if arguments.folder is not None and arguments.character:
        folder = job_folder(jobs, arguments.character, arguments.folder)
    else:
        wanted = arguments.folder.expanduser().resolve() if arguments.folder is not None else None
        fitting = [
            one.folder
            for one in found_jobs(jobs)
            if arguments.character in (None, one.request.character)
            and wanted in (None, one.request.recordings)
        ]
        folder = fitting[0] if fitting else jobs / "none"
    request = load_request(folder)
    # More time may be given to a training that goes on.
    if arguments.time and not arguments.status:
        request = replace(request, time_limit_s=seconds_of(arguments.time))
        save_request(folder, request)
    return folder, request


def _consent(arguments: argparse.Namespace, folder: Path) -> Consent:
    """Return the consent: given before for this job, by the option, or asked now. Raises UsageError."""
    try:
        return load_request(folder).consent
    except UsageError:
        pass
    if arguments.yes_i_have_permission:
        return consent_now("option")
    if arguments.json or not sys.stdin.isatty():
        raise UsageError(
            "A voice is made only with the consent of the one who speaks.",
            f"If this is true, add --yes-i-have-permission: {CONSENT}",
            code="consent",
        )
    said = input(f"{CONSENT}\nIs that so? [yes/no] ").strip().lower()
    if said not in ("yes", "y", "是", "是的", "对"):
        raise UsageError("Nothing was done.", "Ask the speaker first.", code="consent")
    return consent_now("question")


def _base(wish: str) -> str:
    if wish in ("auto", "none"):
        return wish
    path = Path(wish).expanduser().resolve()
    if not path.is_file():
        raise UsageError(f"There is no voice file {path}.", "Name a .onnx file of a Piper voice.")
    return str(path)


def _told(result: JobResult, folder: Path, request: VoiceRequest, arguments: argparse.Namespace) -> int:
    code = {"done": 0, "cancelled": STOPPED, "waiting": WAITING, "failed": 1}[result.outcome]
    go_on = f"companion train-voice --resume --character {request.character}"
    if arguments.json:
        row = {"outcome": result.outcome, "stage": result.stage, "what": result.what, "hint": result.hint}
        print(json.dumps({**row, "code": result.code, "folder": str(folder)}, ensure_ascii=False))
        return code
    if result.outcome == "done":
        print("Done." if arguments.to else f"Done. The report: {folder / 'report.html'}")
        if not arguments.to:
            print(f"Not content? companion voices rollback {request.character}")
    elif result.outcome == "cancelled":
        print(f"Stopped; everything that was done is saved. Go on with: {go_on}")
    elif result.outcome == "waiting":
        print(f"{result.what}\n{result.hint}\nThen: {go_on}")
    else:
        print(f"{result.what}\n{result.hint}".strip(), file=sys.stderr)
        print(f"Nothing is lost. Go on with: {go_on}", file=sys.stderr)
    return code
