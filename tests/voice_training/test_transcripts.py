"""Texts that came with recordings are found in every form that is in use."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.voice_training.recordings import find_recordings
from companion.voice_training.transcripts import Transcripts, find_transcripts

pytestmark = pytest.mark.unit


def transcripts(folder: Path, recordings: Sequence[str], files: dict[str, str | bytes]) -> Transcripts:
    for name in recordings:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_wav(folder / name, np.full(800, 0.1, np.float32), 8_000)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return find_transcripts(find_recordings(folder))


def texts(found: Transcripts) -> dict[str, list[str]]:
    return {name: [line.text for line in lines] for name, lines in found.lines.items()}


def test_ljspeech_table_gives_the_text_in_words(tmp_path: Path) -> None:
    table = (
        'LJ001-0001|It cost £5, he "said".|It cost five pounds, he "said".\n'
        "LJ001-0002|Hello there.\nLJ001-0003|only|\n"
    )
    names = ["wavs/LJ001-0001.wav", "wavs/LJ001-0002.wav", "wavs/LJ001-0003.wav"]
    found = transcripts(tmp_path, names, {"metadata.csv": table})
    assert texts(found) == {
        "wavs/LJ001-0001.wav": ['It cost five pounds, he "said".'],
        "wavs/LJ001-0002.wav": ["Hello there."],
        "wavs/LJ001-0003.wav": ["only"],
    }
    assert {lines[0].language for lines in found.lines.values()} == {"en"}


def test_list_with_paths_of_another_computer_is_matched_by_their_ends(tmp_path: Path) -> None:
    rows = (
        "D:\\数据\\slicer\\第一\\001.wav|xiao|ZH|今天天气很好。\n"
        "/data/x/第二/001.wav|xiao|zh|你好，world。\n"
        "output/b.wav|xiao|EN|Good morning.\n"
        "output/lost.wav|xiao|EN|Gone.\n"
    )
    found = transcripts(tmp_path, ["第一/001.wav", "第二/001.wav", "b.flac"], {"train.list": rows})
    assert texts(found) == {
        "第一/001.wav": ["今天天气很好。"],
        "第二/001.wav": ["你好，world。"],
        "b.flac": ["Good morning."],
    }
    assert found.lines["第二/001.wav"][0].language == "zh"
    (lost,) = found.unused
    assert (lost.name, lost.code) == ("train.list", "unmatched")
    assert lost.what.startswith("1 lines of train.list")


def test_name_that_two_recordings_share_is_not_guessed(tmp_path: Path) -> None:
    found = transcripts(tmp_path, ["a/1.wav", "b/1.wav"], {"esd.list": "1.wav|s|EN|Which one?\n"})
    assert texts(found) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.tsv", "client_id\tpath\tsentence\nx\tclips/a.wav\t早上好，大家。\n"),
        ("data.csv", 'file,text\na.wav,"早上好，大家。"\n'),
        ("meta.csv", "audio_file|text|speaker\nwavs/a.wav|早上好，大家。|x\n"),
        ("a.lab", "早上好，\n大家。\n"),
        ("a.txt", "早上好，大家。"),
        ("all.txt", "a.wav 早上好，大家。\n"),
        ("text.txt", "a|早上好，大家。\n"),
    ],
)
def test_other_tables_and_texts_beside_the_recording(tmp_path: Path, name: str, content: str) -> None:
    found = transcripts(tmp_path, ["a.wav"], {name: content})
    assert texts(found) == {"a.wav": ["早上好，大家。"]}
    assert not found.unused


def test_english_lines_beside_a_recording_are_joined_by_spaces(tmp_path: Path) -> None:
    found = transcripts(tmp_path, ["a.wav"], {"a.txt": "Good morning,\r\neverybody.\r\n"})
    assert texts(found) == {"a.wav": ["Good morning, everybody."]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "big5"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    text = "他在那裡看到我們的家。" if encoding == "big5" else "我们今天要去的地方是他的家。"
    found = transcripts(tmp_path, ["录音.wav"], {"录音.txt": text.encode(encoding)})
    assert texts(found) == {"录音.wav": [text]}


def test_name_written_by_a_mac_is_the_same_name(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "café が.wav")
    found = transcripts(tmp_path, [apart], {"metadata.csv": "café が|Good morning.\n"})
    assert list(texts(found).values()) == [["Good morning."]]


def test_subtitles_keep_their_times_and_lose_their_marks(tmp_path: Path) -> None:
    srt = "2\n00:00:04,000 --> 00:00:06,500\n<i>How are</i>\nyou?\n\n1\n00:00:01,000 --> 00:00:02,250\n你好，世界！\n"
    found = transcripts(tmp_path, ["a.wav"], {"a.srt": srt, "a.txt": "the whole"})
    assert [(line.start_s, line.end_s, line.text, line.language) for line in found.lines["a.wav"]] == [
        (1.0, 2.25, "你好，世界！", "zh"),
        (4.0, 6.5, "How are you?", "en"),
    ]


def test_ass_drawings_and_comments_are_not_speech(tmp_path: Path) -> None:
    ass = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,小明,0,0,0,,{\\pos(1,2)}你好\\N朋友\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
        "Comment: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,nothing\n"
    )
    found = transcripts(tmp_path, ["a.wav"], {"a.ass": ass})
    assert texts(found) == {"a.wav": ["你好 朋友"]}


def test_what_is_no_transcript_is_passed_over_and_damage_is_told(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "LICENSE.txt": "Permission is hereby granted\nto anybody.\n",
        "a.lab": "0 1200000 sil\n1200000 2300000 n\n",
        "b.srt": "this is no subtitle",
        "c.txt": b"\x00\x01\x02\xff" * 40,
        "notes.docx": b"PK\x03\x04",
    }
    found = transcripts(tmp_path, ["a.wav", "b.wav", "c.wav"], files)
    assert texts(found) == {}
    assert {(one.name, one.code) for one in found.unused} == {("c.txt", "binary")} | {
        (one.name, one.code) for one in found.unused if one.name == "b.srt"
    }
