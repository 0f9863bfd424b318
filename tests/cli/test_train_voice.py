"""`companion train-voice` asks for what it needs, tells what is wrong, and is the same as `--train-voice`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.cli.job_lines import time_words
from companion.packs.library import Library
from companion.paths import bundled
from companion.voice_training.install import Place, find_report, install_voice
from companion.voice_training.torch_home import VARIABLE

pytestmark = pytest.mark.unit

Run = Callable[..., Any]
YES = "--yes-i-have-permission"


@pytest.fixture(autouse=True)
def _no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/python")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "我的 录音"
    made.mkdir()
    return made


def _hum(path: Path, seconds: float, *, rate_hz: int = 22_050) -> None:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    write_wav(path, (0.3 * np.sin(2 * np.pi * 180 * time_s)).astype(np.float32), rate_hz)


def _end(done: Any) -> dict[str, Any]:
    end: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return end


def test_it_is_a_command_and_an_option(run: Run, folder: Path) -> None:
    as_command = run("train-voice", str(folder), "--character", "xiaoman", "--json")
    as_option = run("--train-voice", str(folder), "--character", "xiaoman", "--json")
    joined = run("--character", "xiaoman", "--json", f"--train-voice={folder}")
    assert as_command.code == as_option.code == joined.code == 2
    assert as_command.json["code"] == as_option.json["code"] == joined.json["code"] == "consent"
    assert YES in as_command.json["hint"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--character", "xiaoman"], "A folder of recordings and a character are needed."),
        (["/nowhere/x", "--character", "xiaoman", YES], "There is no folder /nowhere/x."),
        (["/", "--character", "小明", YES], "There is no character '小明' that can get a voice."),
        (["--resume"], "There is no voice training to go on with."),
        (["/", "--character", "xiaoman", YES, "--time", "soon"], "'soon' is no length of time."),
        (["/", "--character", "xiaoman", YES, "--base", "/no.onnx"], "There is no voice file /no.onnx."),
    ],
)
def test_what_is_missing_or_wrong_is_told(run: Run, arguments: list[str], what: str) -> None:
    done = run("train-voice", *arguments, "--json")
    assert done.code == 2
    assert done.json["error"] == what
    assert done.json["hint"]


def test_a_folder_without_recordings_is_told(run: Run, folder: Path) -> None:
    (folder / "notes.txt").write_text("nothing", encoding="utf-8")
    done = run("train-voice", str(folder), "--character", "xiaoman", YES, "--json")
    assert done.code == 1
    assert (_end(done)["code"], _end(done)["stage"]) == ("no_recordings", "import")
    assert "我的 录音" in _end(done)["what"]


def test_progress_is_told_in_plain_lines(run: Run, folder: Path) -> None:
    _hum(folder / "一.wav", 3.0)
    (folder / "坏.wav").write_bytes(b"RIFF....WAVEnonsense")
    done = run("train-voice", str(folder), "--character", "xiaoman", YES, "--to", "cut")
    assert done.code == 0
    assert "Reading the recordings ..." in done.out
    assert "坏.wav" in done.out
    assert "1 recordings, 0 of them with a text" in done.out


def test_a_job_is_kept_and_its_status_told(run: Run, folder: Path) -> None:
    _hum(folder / "a.wav", 3.0, rate_hz=48_000)
    assert run("train-voice", str(folder), "--character", "xiaoman", YES, "--to", "import").code == 0
    found = run("train-voice", "--status", "--json").json
    states = {one["stage"]: one["state"] for one in found["stages"]}
    assert (states["import"], states["cut"]) == ("done", "pending")
    request = json.loads((Path(found["folder"]) / "request.json").read_text(encoding="utf-8"))
    assert request["consent"]["how"] == "option"
    assert run("train-voice", str(folder), "--character", "xiaoman", "--to", "import", "--json").code == 0
    assert [one["character"] for one in run("voices", "jobs", "--json").json] == ["xiaoman"]


def test_a_job_goes_on_without_naming_it(run: Run, folder: Path) -> None:
    _hum(folder / "a.wav", 3.0)
    run("train-voice", str(folder), "--character", "xiaoman", YES, "--to", "import")
    done = run("train-voice", "--resume", "--to", "cut", "--time", "2h", "--json")
    assert _end(done)["outcome"] == "done"
    folder_of_job = Path(_end(done)["folder"])
    assert json.loads((folder_of_job / "request.json").read_bytes())["time_limit_s"] == 7200


def test_voices_are_listed_taken_back_and_copied_out(run: Run, home: Path, tmp_path: Path, onnx: Any) -> None:
    place = Place(home / "characters", home / "cache" / "packs", home / "data" / "voices_kept")
    library = Library([place.characters], bundled=bundled("characters"), cache=place.cache)
    voice = onnx.piper_voice(tmp_path)
    files = {"model.onnx": voice, "model.onnx.json": voice.with_name("voice.onnx.json")}
    install_voice(find_report("wren", library.reports()), files, {"kind": "trained", "minutes": 7.5}, place)
    row = next(one for one in run("voices", "list", "--json").json if one["id"] == "wren")
    assert (row["engine"], row["kind"], row["minutes"]) == ("piper", "trained", 7.5)
    assert [one["label"] for one in row["kept"]] == ["wren"]
    assert "from 7.5 min of recordings" in run("voices", "list").out
    out = tmp_path / "out"
    assert run("voices", "export", "wren", "-o", str(out)).code == 0
    assert (out / "model.onnx").is_file()
    assert run("voices", "rollback", "wren").code == 0
    row = next(one for one in run("voices", "list", "--json").json if one["id"] == "wren")
    assert (row["engine"], [one["label"] for one in row["kept"]]) == ("kokoro", ["trained"])
    assert run("voices", "rollback", "xiaoman", "--json").json["error"].startswith("'xiaoman' had no other")


def test_a_trained_voice_speaks_at_once(run: Run, home: Path, tmp_path: Path, onnx: Any) -> None:
    place = Place(home / "characters", home / "cache" / "packs", home / "data" / "voices_kept")
    library = Library([place.characters], bundled=bundled("characters"), cache=place.cache)
    voice = onnx.piper_voice(tmp_path, language={"code": "en"})
    files = {"model.onnx": voice, "model.onnx.json": voice.with_name("voice.onnx.json")}
    install_voice(find_report("wren", library.reports()), files, {"kind": "trained"}, place)
    done = run("say", "hello there", "--character", "wren", "--json", "--out", str(tmp_path / "a.wav"))
    assert done.code == 0
    assert done.json["seconds"] > 0.1
    assert "instead" not in done.json


def test_a_broken_voice_gives_way_to_the_default_with_a_message(
    run: Run, home: Path, tmp_path: Path, onnx: Any
) -> None:
    place = Place(home / "characters", home / "cache" / "packs", home / "data" / "voices_kept")
    library = Library([place.characters], bundled=bundled("characters"), cache=place.cache)
    voice = onnx.piper_voice(tmp_path)
    files = {"model.onnx": voice, "model.onnx.json": voice.with_name("voice.onnx.json")}
    done = install_voice(find_report("wren", library.reports()), files, {"kind": "trained"}, place)
    (done.path / "assets" / "x_voice" / "ai" / "model.onnx").write_bytes(b"broken")
    settings = home / "config" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[mind]\nengine = "demo"\n', encoding="utf-8")
    spoken = run("say", "hello there", "--character", "wren", "--json", "--out", str(tmp_path / "a.wav"))
    assert spoken.code == 0
    assert spoken.json["seconds"] > 0.1
    assert "The voice cannot speak." in spoken.json["instead"]["what"]
    assert "The default voice spoke instead." in spoken.err


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h"), (200_000, "2.3 days")],
)
def test_times_are_told_as_one_would_say_them(seconds: float, words: str) -> None:
    assert time_words(seconds) == words
