"""Every other command: what it prints, and how it says that something is wrong."""

from __future__ import annotations

import json
import sqlite3
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.audio.wav import read_wav, write_wav
from companion.cli import COMMANDS
from companion.paths import Paths

pytestmark = pytest.mark.unit

Run = Callable[..., Any]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("selftest", "bench")])
def test_help_tells_what_a_command_does(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert COMMANDS[command][1].split()[0] in done.out.lower()
    assert "--home" in done.out


def test_the_version_is_printed(run: Run) -> None:
    from companion import __version__

    assert run("--version").out.strip() == __version__


@pytest.mark.parametrize("wrong", [("chat", "--nonsense"), ("characters", "dance"), ("say",)])
def test_a_wrong_use_ends_with_2(run: Run, wrong: tuple[str, ...]) -> None:
    done = run(*wrong)
    assert done.code == 2
    assert "usage:" in done.err


@pytest.mark.parametrize(
    ("text", "least_s"), [("你好，今天天气不错。", 1.5), ("Hello, how are you today?", 1.0)]
)
def test_say_writes_a_sound_file(run: Run, tmp_path: Path, text: str, least_s: float) -> None:
    out = tmp_path / "said.wav"
    done = run("say", text, "--demo", "--json", "--out", str(out))
    assert done.code == 0
    assert done.json["seconds"] >= least_s
    with wave.open(str(out)) as written:
        assert written.getnframes() / written.getframerate() == pytest.approx(done.json["seconds"], abs=0.01)
    assert float(np.abs(read_wav(out).samples).max()) > 0.05


def test_say_refuses_a_speed_out_of_range(run: Run, tmp_path: Path) -> None:
    done = run("say", "快", "--demo", "--json", "--out", str(tmp_path / "a.wav"), "--speed", "9")
    assert done.code == 2
    assert "9.0" in done.json["error"]
    assert not (tmp_path / "a.wav").exists()


def test_say_into_a_folder_that_is_not_there_fails_with_a_hint(run: Run, tmp_path: Path) -> None:
    done = run("say", "好", "--demo", "--json", "--out", str(tmp_path / "none" / "a.wav"))
    assert done.code == 1
    assert "a.wav" in done.json["error"]


def test_talk_in_which_nobody_speaks_ends_without_a_turn(run: Run, tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(8_000, np.float32), 16_000)
    out = tmp_path / "recorded.wav"
    done = run("talk", "--demo", "--json", "--wav", str(tmp_path / "silence.wav"), "--out", str(out))
    assert done.code == 1
    assert done.json["turns"] == []
    assert out.exists()


def test_talk_without_its_file_names_it(run: Run, tmp_path: Path) -> None:
    done = run(
        "talk", "--demo", "--json", "--wav", str(tmp_path / "gone.wav"), "--out", str(tmp_path / "o.wav")
    )
    assert done.code == 1
    assert "gone.wav" in done.json["error"]


def test_characters_lists_who_comes_along(run: Run) -> None:
    done = run("characters", "list", "--json")
    assert done.code == 0
    assert {one["id"]: one["language"] for one in done.json} == {"xiaoman": "zh", "wren": "en"}
    assert all(one["usable"] for one in done.json)
    assert "xiaoman" in run("characters", "list").out


def test_check_passes_a_good_pack(run: Run) -> None:
    done = run("characters", "check", "xiaoman", "--json")
    assert done.code == 0
    assert [one["id"] for one in done.json] == ["xiaoman"]


def test_check_names_everything_wrong_with_a_broken_pack(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "broken"
    pack.mkdir()
    (pack / "card.json").write_text("{not json", "utf-8")
    done = run("characters", "check", str(pack), "--json")
    assert done.code == 1
    (report,) = done.json
    assert not report["usable"]
    assert any(problem["fatal"] and problem["what"] for problem in report["problems"])
    plain = run("characters", "check", str(pack))
    assert plain.code == 1
    assert "!" in plain.out


def test_check_of_a_pack_that_is_not_there_is_a_wrong_use(run: Run) -> None:
    done = run("characters", "check", "nobody", "--json")
    assert done.code == 2
    assert "nobody" in done.json["error"]


def test_models_lists_every_role(run: Run) -> None:
    done = run("models", "list", "--json")
    assert done.code == 0
    assert {"language", "recogniser", "voice"} <= {one["role"] for one in done.json}
    assert {one["state"] for one in done.json} <= {"ready", "can be made", "not installed", "yours"}


def test_models_that_are_not_known_cannot_be_verified(run: Run) -> None:
    done = run("models", "verify", "no-such-model", "--json")
    assert done.code != 0
    assert "no-such-model" in done.out


def test_doctor_looks_at_every_part(run: Run) -> None:
    done = run("doctor", "--json")
    subjects = {one["subject"] for one in done.json}
    assert {"program", "folders", "computer", "settings", "thinking", "characters", "chats"} <= subjects
    assert {"finding", "index", "recall worker"} <= subjects
    assert next(one for one in done.json if one["subject"] == "index")["what"].endswith("answers")
    assert done.code == int(any(one["verdict"] == "failed" for one in done.json))
    assert all(one["what"] for one in done.json)


def test_doctor_finds_a_damaged_chat_log(run: Run, home: Path) -> None:
    run("chat", "--demo", "--once", "你好")
    path = home / "data" / "chats.sqlite3"
    assert "chats" not in _failed(run("doctor", "--json").json)
    path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    done = run("doctor", "--json")
    assert done.code == 1
    assert "chats" in _failed(done.json)


def test_doctor_finds_an_embedding_model_that_is_gone(run: Run, home: Path) -> None:
    assert "recall" not in _failed(run("doctor", "--json").json)
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "settings.toml").write_text('[recall]\nembedder = "no-such-model"\n', "utf-8")
    assert "recall" in _failed(run("doctor", "--json").json)


def _failed(findings: list[dict[str, str]]) -> list[str]:
    return [one["subject"] for one in findings if one["verdict"] == "failed"]


def test_a_second_writer_is_told_that_the_chats_are_in_use(run: Run, home: Path) -> None:
    from companion.storage.chat_log import SqliteChatLog

    run("chat", "--demo", "--once", "你好")
    log = SqliteChatLog.open(home / "data" / "chats.sqlite3")
    try:
        done = run("chat", "--demo", "--json", "--once", "在吗")
    finally:
        log.close()
    assert done.code == 1
    assert done.json["code"] == "in_use"
    assert done.json["hint"]


def test_a_damaged_settings_file_does_not_stop_the_conversation(run: Run, home: Path) -> None:
    run("chat", "--demo", "--once", "你好")
    settings = Paths.under(home).settings
    settings.write_text("volume = [broken", "utf-8")
    done = run("chat", "--demo", "--json", "--once", "在吗")
    assert done.code == 0
    assert done.json["notices"]


def test_json_output_is_one_document_in_utf_8(run: Run) -> None:
    done = run("characters", "list", "--json")
    assert "小满" in done.out
    assert json.loads(done.out)


def test_the_log_survives_all_commands(run: Run, home: Path) -> None:
    run("chat", "--demo", "--once", "你好")
    connection = sqlite3.connect(home / "data" / "chats.sqlite3")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()
