"""Backups: verified, thinned, restored whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from companion.errors import StorageError
from companion.storage.backup import backup, list_backups, newest_verified, problems, restore, retained, thin
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

_NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteChatLog]:
    opened = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    chat = opened.create_chat("aria", title="一").chat
    opened.add(chat, "user", "第一句")
    yield opened
    opened.close()


def titles(path: Path) -> list[str]:
    opened = SqliteChatLog.open(path)
    found = [one.title for one in opened.chats()]
    assert opened.check() == []
    opened.close()
    return found


def test_a_backup_is_made_beside_the_writer_and_passes_its_check(log: SqliteChatLog, tmp_path: Path) -> None:
    made = backup(log, tmp_path / "backups", label="before-test")
    log.create_chat("aria", title="二")
    (listed,) = list_backups(tmp_path / "backups")
    assert (listed.path, listed.label, listed.n_bytes > 0) == (made, "before-test", True)
    assert problems(made) == ""
    assert [one.name for one in made.parent.iterdir()] == [made.name]


def test_two_backups_in_one_second_have_two_names(log: SqliteChatLog, tmp_path: Path) -> None:
    names = {backup(log, tmp_path / "backups", now=1.8e9).name for _ in range(3)}
    assert len(names) == 3


def test_restoring_brings_the_old_chats_and_keeps_the_replaced_file(
    log: SqliteChatLog, tmp_path: Path
) -> None:
    made = backup(log, tmp_path / "backups")
    log.create_chat("aria", title="二")
    log.close()

    kept = restore(made, log.file)
    assert titles(log.file) == ["一"]
    assert kept is not None
    assert sorted(titles(kept)) == ["一", "二"]
    assert {one.label for one in list_backups(tmp_path / "backups")} == {"", "before-restore"}


def test_restoring_into_an_empty_folder_works(log: SqliteChatLog, tmp_path: Path) -> None:
    made = backup(log, tmp_path / "backups")
    assert restore(made, tmp_path / "neu" / "chats.sqlite3") is None
    assert titles(tmp_path / "neu" / "chats.sqlite3") == ["一"]


def test_a_log_in_use_is_not_replaced(log: SqliteChatLog, tmp_path: Path) -> None:
    made = backup(log, tmp_path / "backups")
    with pytest.raises(StorageError) as caught:
        restore(made, log.file)
    assert caught.value.code == "in_use"


@pytest.mark.parametrize("content", [b"", b"nonsense" * 999], ids=["empty", "garbage"])
def test_a_bad_backup_is_refused_and_the_log_stays(
    log: SqliteChatLog, tmp_path: Path, content: bytes
) -> None:
    log.close()
    bad = tmp_path / "chats-20260101T000000Z.sqlite3"
    bad.write_bytes(content)
    with pytest.raises(StorageError) as caught:
        restore(bad, log.file)
    assert caught.value.code == "bad_backup"
    assert titles(log.file) == ["一"]


def test_a_damaged_log_never_becomes_a_backup(log: SqliteChatLog, tmp_path: Path) -> None:
    good = backup(log, tmp_path / "backups")
    log.close()
    whole = log.file.read_bytes()
    refused = 0
    for at in range(0, len(whole), 512):
        log.file.write_bytes(whole[:at] + b"\xa5" * 64 + whole[at + 64 :])
        try:
            made = backup(log, tmp_path / "backups")
        except StorageError:
            refused += 1
        else:
            assert problems(made) == ""
    assert refused > 5
    assert good.exists()
    assert problems(good) == ""


def test_the_newest_good_backup_is_found_behind_bad_ones(log: SqliteChatLog, tmp_path: Path) -> None:
    good = backup(log, tmp_path / "backups", now=_NOW.timestamp())
    bad = tmp_path / "backups" / "chats-20300101T000000Z.sqlite3"
    bad.write_bytes(good.read_bytes()[:5000])
    (tmp_path / "backups" / "chats-yesterday.sqlite3").write_bytes(b"not ours")
    found = newest_verified(tmp_path / "backups")
    assert found is not None
    assert (found.path, found.made_at) == (good, _NOW.timestamp())


def test_no_backup_is_found_in_no_folder(tmp_path: Path) -> None:
    assert newest_verified(tmp_path / "none") is None


def test_a_year_of_days_thins_to_the_schedule() -> None:
    today = _NOW.date()
    kept = sorted(retained({today - timedelta(days=n) for n in range(500)}, today), reverse=True)
    assert kept[:16] == [today - timedelta(days=n) for n in range(16)]
    weekly = [one.isocalendar()[:2] for one in kept[16:24]]
    assert len(set(weekly)) == 8
    assert (kept[15] - kept[23]).days <= 8 * 7
    monthly = kept[24:]
    months = [(one.year, one.month) for one in monthly]
    assert len(months) == len(set(months)) == 12
    assert len(kept) == 16 + 8 + 12


def test_days_in_the_future_and_gaps_cost_no_history() -> None:
    today = date(2026, 3, 15)
    sparse = {date(2024, 1, 5), date(2025, 6, 6), date(2031, 1, 1)}
    assert retained(sparse, today) == sparse


def test_four_hundred_simulated_days_keep_what_the_schedule_says(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for n in range(400):
        moment = _NOW + timedelta(days=n - 400)
        for hour in (3, 9):
            (folder / f"chats-{moment.replace(hour=hour):%Y%m%dT%H%M%SZ}.sqlite3").write_bytes(b"x")
        thin(folder, now=moment.timestamp())
    found = list_backups(folder)
    days = [datetime.fromtimestamp(one.made_at, UTC).date() for one in found]
    assert days.count(days[0]) == days.count(days[2]) == 2  # today and yesterday keep all
    assert len(set(days)) == len(days) - 2
    assert 30 <= len(set(days)) <= 36


def test_other_files_are_never_thinned(tmp_path: Path) -> None:
    mine = tmp_path / "chats-notes.sqlite3"
    mine.write_bytes(b"x")
    for n in range(60):
        moment = _NOW - timedelta(days=400 + n)
        (tmp_path / f"chats-{moment:%Y%m%dT%H%M%SZ}.sqlite3").write_bytes(b"x")
    assert thin(tmp_path, now=_NOW.timestamp())
    assert mine.exists()
