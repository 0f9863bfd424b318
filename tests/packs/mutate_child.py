"""Installs mutated packs one after another and prints what became of each as a JSON line.

    python mutate_child.py FOLDER FIRST COUNT [leaky]

`leaky` is the control: a loader that also writes beside its target.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from companion.errors import CompanionError
from companion.packs import editor
from companion.packs.books import BookShelf
from companion.packs.export import export_charx, export_json, export_png
from companion.packs.install import install
from companion.packs.library import report_on

LIMIT_S = 5
LIMIT_BYTES = 4 << 30


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make: Any = _load("pack_maker")

# ---- seeds

V1 = {
    "name": "Wren", "description": "Hosts a show.", "personality": "dry", "scenario": "", "first_mes": "Hello.",
    "mes_example": "<START>\n{{user}}: Hi\n{{char}}: Hm.",
}  # fmt: skip
FULL_ENTRY = make.entry(
    content="@@depth 3\n@@role user\n@@@scan_depth 2\n@@exclude_keys 狗,cat\n铜板睡在柜台上。{{random:A,B}}",
    secondary_keys=["柜台"], selective=True, constant=False, case_sensitive=None, priority=10, name="猫",
    comment="", id=1, position="before_char", use_regex=True,
    extensions={
        "position": 4, "depth": 4, "role": 0, "probability": 100, "useProbability": True, "selectiveLogic": 0,
        "group": "a,b", "group_weight": 100, "group_override": False, "scan_depth": None, "sticky": 2,
        "cooldown": None, "delay": 0, "exclude_recursion": False, "delay_until_recursion": 0,
    },
)  # fmt: skip
ST_ENTRY = {
    "uid": 0, "key": ["猫"], "keysecondary": [], "comment": "猫", "content": "铜板", "constant": False,
    "selective": True, "selectiveLogic": 0, "order": 100, "position": 0, "disable": False, "probability": 100,
}  # fmt: skip
FULL = make.card(
    nickname="晚", alternate_greetings=["嗯？"], group_only_greetings=[], tags=["茶"], creator_notes="",
    system_prompt="{{original}}", post_history_instructions="", character_version=1.0, source=["x"],
    creator_notes_multilingual={"en": "x"}, creation_date=0, modification_date=1e9,
    assets=[
        {"type": "icon", "uri": "embeded://assets/icon/main.png", "name": "main", "ext": "png"},
        {"type": "emotion", "uri": "embedded://assets/笑.png", "name": "happy", "ext": "png"},
        {"type": "x_voice", "uri": "embeded://assets/x_voice/ai/model.onnx", "name": "main", "ext": "onnx"},
        {"type": "icon", "uri": "data:image/png;base64,iVBORw0KGgo=", "name": "b", "ext": "png"},
        {"type": "icon", "uri": "ccdefault:", "name": "c", "ext": "png"},
        {"type": "x-risu-asset", "uri": "__asset:0", "name": "r", "ext": "png"},
    ],
    character_book={
        "name": "书", "scan_depth": 4, "token_budget": 400, "recursive_scanning": True,
        "entries": [FULL_ENTRY, make.entry()], "extensions": {},
    },
    extensions={
        "depth_prompt": {"prompt": "x", "depth": 4, "role": "system"}, "talkativeness": "0.5", "fav": False,
        "companion": {"language": "zh", "sampling": {"temperature": 0.5, "top_k": 40, "seed": 1},
                      "voice": {"engine": "kokoro", "styles": {"xiaoman": 1.0}, "speed": 1.0}},
    },
)  # fmt: skip
V2 = {**FULL, "spec": "chara_card_v2", "spec_version": "2.0"}
SOW = make.card(character_book=[{"key": "猫, 铜板", "content": "x", "n_depth": 4}])
ST = make.card(character_book={"entries": {"0": ST_ENTRY, "1": {**ST_ENTRY, "uid": 1}}})
GGUF = b"GGUF" + struct.pack("<Iqq", 3, 1, 1) + b"".join(
    (struct.pack("<Q", 20), b"general.architecture", struct.pack("<IQ", 8, 5), b"qwen2",
     struct.pack("<Q", 1), b"a", struct.pack("<IqIQ", 1, 32, 0, 0))
).ljust(96, b"\0") + bytes(160)  # fmt: skip


def png(cards: dict[str, Any], **more: bytes) -> bytes:
    chunks = b"".join(make.text_chunk(key, make.raw(value)) for key, value in cards.items())
    content: bytes = make.picture(before=more.get("before", b""), after=more.get("after", b"") + chunks)
    return content


def members(card: Any, *more: tuple[str, bytes]) -> list[Any]:
    return [make.member("card.json", make.raw(card)), *(make.member(name, content) for name, content in more)]


PNG = make.picture()
FILES = [
    ("assets/icon/main.png", PNG), ("assets/笑.png", PNG),
    ("assets/x_voice/ai/model.onnx", b"\x08\x08\x3a\x02\x0a\x00"),
    ("assets/x_adapter/ai/a.gguf", GGUF), ("assets/x_lore/other/书.txt", "红楼".encode()), ("extra.json", b"{}"),
]  # fmt: skip
RISU = [("assets/other/image/a.png", PNG), ("module.risum", b"\x6f\0x"), ("x_meta/a.json", b"{}")]
CARDS: dict[str, Any] = {"v1": V1, "v2": V2, "v3": FULL, "sow": SOW, "st": ST, "plain": make.card()}
PNGS = {
    "chara": lambda card: png({"chara": card}),
    "both": lambda card: png({"chara": V2, "ccv3": card}),
    "risu": lambda card: png({"ccv3": card}, after=make.text_chunk("chara-ext-asset_:0", PNG)),
    "apng": lambda card: png({"ccv3": card}, before=make.chunk(b"acTL", bytes(8)), after=make.chunk(b"fdAT", bytes(9))),
}  # fmt: skip
ZIPS = {"charx": FILES, "risu charx": RISU, "jpeg charx": FILES[:2]}
BOOKS: dict[str, Any] = {
    "world info": {
        "entries": {"0": ST_ENTRY, "1": {**ST_ENTRY, "uid": 1, "key": ["狗"]}},
        "originalData": {},
    },
    "lorebook_v3": {"spec": "lorebook_v3", "data": FULL["data"]["character_book"]},
    "list of entries": [make.entry(), FULL_ENTRY],
    "risu lorebook": {
        "type": "risu",
        "ver": 1,
        "data": [{"key": "猫, 铜板", "content": "x", "insertorder": 1}],
    },
}
FOLDERS = ("folder",)
SEEDS = (*CARDS, *PNGS, *ZIPS, *FOLDERS, *BOOKS)

# ---- mutations

VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**299, 0.5, -0.0, 1e308, -1e308, "", " ", "a", "\0",
    "\ud800", "x" * 20_000, "../../evil", "/etc/passwd", "embeded://../../evil", "data:image/png;base64,AAAA",
    "data:;base64," + "A" * 40_000, "__asset:0", "{{char}}" * 2_000, "@@depth 1e9\n@@@role\n" * 500, "/(a+)+$/",
    "名" * 3_000, "\u202e", [], {}, [[]], [None], {"": {}}, [{}] * 300, ["a"] * 3_000, {"a": "b"}, "NaN",
    "1e5", "1,2,,3",
]  # fmt: skip
NAMES = [
    "../evil.txt", "/evil.txt", "a\\b.txt", "CON", "a.txt:b", "a.", "card.json", "CARD.JSON", "a/" * 60 + "b.txt",
    "x" * 500, "run.py", "a.pkl", "", "/", ".", "..", "\0", "é.txt", ".hidden.json", "assets", "card.json/x.txt",
    "目录/文件.png", ".original/x.png", ".unpacked.json", "inline/0.png", "portrait.png",
]  # fmt: skip


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found.append((value, key))
        places(value[key], found)
    return found


def mutated_card(card: Any, dice: random.Random) -> Any:
    card = copy.deepcopy(card)
    for _ in range(dice.randint(1, 6)):
        spots = places(card, [])
        if not spots:
            return card
        holder, key = dice.choice(spots)
        act = dice.randrange(6)
        if act == 0:
            del holder[key]
        elif act == 1 and isinstance(holder, dict):
            holder[dice.choice([key.upper(), key + "s", "", "x" * 300])] = holder.pop(key)
        elif act == 2:
            other, other_key = dice.choice(spots)
            holder[key] = copy.deepcopy(other[other_key]) if other is not holder else None
        else:
            holder[key] = copy.deepcopy(dice.choice(VALUES))
    return card


def encoded(card: Any, dice: random.Random) -> bytes:
    text = json.dumps(card, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    act = dice.randrange(12)
    if act == 0:
        return b"\xef\xbb\xbf" + text
    if act == 1:
        return text.replace(b"1", b"1e999", 1)
    if act == 2:
        return text.replace(b'"name"', b'"name": "x", "name"', 1)
    return text


def mutated_bytes(content: bytes, dice: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        if not out:
            break
        at, act = dice.randrange(len(out)), dice.randrange(6)
        width = dice.choice([1, 2, 4, 8, 64])
        if act == 0:
            out[at] ^= 1 << dice.randrange(8)
        elif act == 1:
            out[at : at + width] = dice.choice([b"\0", b"\xff", b"\x7f"]) * width
        elif act == 2:
            del out[at : at + width * 8]
        elif act == 3:
            out[at:at] = dice.randbytes(width)
        elif act == 4:
            out[at:at] = out[max(0, at - 200) : at]
        else:
            del out[at:]
    return bytes(out)


def mutated_png(content: bytes, dice: random.Random) -> bytes:
    chunks, at = [], 8
    while at + 12 <= len(content):
        size = struct.unpack(">I", content[at : at + 4])[0]
        chunks.append(bytearray(content[at : at + 12 + size]))
        at += 12 + size
    place, act = dice.randrange(len(chunks)), dice.randrange(8)
    chunk = chunks[place]
    if act == 0:
        del chunks[place]
    elif act == 1:
        chunks.insert(dice.randrange(len(chunks)), bytearray(chunk))
    elif act == 2:
        dice.shuffle(chunks)
    elif act == 3:
        chunk[0:4] = struct.pack(">I", dice.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(chunk)]))
    elif act == 4:
        chunk[4:8] = dice.choice([b"tEXt", b"zTXt", b"iTXt", b"IDAT", b"IEND", b"\0\0\0\0"])
    elif act == 5:
        chunks[0][8:16] = struct.pack(
            ">II", dice.choice([0, 1, 100_000, 0xFFFFFFFF]), dice.choice([1, 0, 99_999])
        )
    return make.SIGNATURE + b"".join(bytes(one) for one in chunks)  # type: ignore[no-any-return]


def mutated_zip(entries: list[Any], dice: random.Random) -> bytes:
    from dataclasses import replace

    options: dict[str, Any] = {}
    for _ in range(dice.randint(1, 3)):
        place, act = dice.randrange(len(entries)), dice.randrange(10)
        one = entries[place]
        number = dice.choice([0, 1, 90, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
        changes: list[dict[str, Any]] = [
            {"name": dice.choice(NAMES).encode("utf-8", "replace")},
            {"name": "头像.png".encode("gbk"), "flags": 0},
            {"mode": dice.choice([0o120777, 0o060644, 0o010644, 0o040755])},
            {"flags": dice.choice([0, 1, 8, 0x41, 0x801])},
            {"method": dice.choice([0, 8, 8, 9, 12, 14, 99])},
            {"size": number},
            {"packed_size": number},
            {"at": number},
            {"crc": number},
            {"content": dice.choice([b"", b"0" * 3_000_000, dice.randbytes(500)]), "method": 8},
        ]
        entries[place] = replace(one, **changes[act])
    if dice.random() < 0.3:
        entries.insert(dice.randrange(len(entries)), make.member(dice.choice(NAMES), b"{}"))
    if dice.random() < 0.1:
        options["count"] = dice.choice([0, 1, 999, 65_535])
    content: bytes = make.archive(entries, **options)
    return content


def build(seed: str, dice: random.Random, folder: Path) -> Path:
    """Write one mutation of `seed` below `folder` and return its path."""
    if seed in CARDS or seed in BOOKS:
        content, suffix = encoded(mutated_card(CARDS.get(seed, BOOKS.get(seed)), dice), dice), ".json"
    elif seed in PNGS:
        content, suffix = PNGS[seed](mutated_card(FULL, dice) if dice.random() < 0.5 else FULL), ".png"
        content = mutated_png(content, dice) if dice.random() < 0.6 else content
    elif seed in ZIPS:
        card = mutated_card(FULL, dice) if dice.random() < 0.5 else FULL
        entries = members(card, *ZIPS[seed])
        content, suffix = (
            mutated_zip(entries, dice) if dice.random() < 0.6 else make.archive(entries),
            ".charx",
        )
        if seed == "jpeg charx":
            content, suffix = make.jpeg() + content, ".jpg"
    else:
        return build_folder(dice, folder / "pack")
    path = folder / f"{dice.choice(['x', '名字', 'CON', 'a' * 200, '🙂', '...'])}{suffix}"
    path.write_bytes(mutated_bytes(content, dice) if dice.random() < 0.3 else content)
    return path


def build_folder(dice: random.Random, folder: Path) -> Path:
    for name, content in (("card.json", encoded(mutated_card(FULL, dice), dice)), *FILES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutated_bytes(content, dice) if dice.random() < 0.4 else content)
    acts: list[Callable[[], object]] = [
        lambda: os.symlink("/etc/passwd", folder / "link.txt"),
        lambda: os.symlink("/etc", folder / "etc"),
        lambda: os.symlink(folder, folder / "loop"),
        lambda: os.mkfifo(folder / "pipe.json"),
        lambda: (folder / "run.py").write_text("raise SystemExit", encoding="utf-8"),
        lambda: (folder / ".original").mkdir(),
        lambda: shutil.move(folder / "card.json", folder / "CARD.json"),
        lambda: (folder / "a\nb.txt").write_bytes(b"x"),
    ]
    for act in dice.sample(acts, dice.randint(0, 4)):
        act()
    return folder


# ---- judging


class Hang(BaseException):
    """A case used more processor time than it may."""


def on_alarm(*_: object) -> None:
    raise Hang


def tree(folder: Path) -> str:
    """Return a hash of everything below `folder` but what a loader may write."""
    digest = hashlib.sha256()
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in ("characters", "cache")]
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            status = path.lstat()
            digest.update(
                f"{path}{status.st_mode}{status.st_size}{status.st_mtime_ns}".encode("utf-8", "replace")
            )
    return digest.hexdigest()


def peak_mb() -> int:
    """Return the most memory this process has held; `ru_maxrss` would count that of the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def judge(base: Path, number: int, written: list[str], *, leaky: bool) -> dict[str, Any]:
    dice = random.Random(number)
    seed = SEEDS[number % len(SEEDS)]
    source_folder = base / "source"
    source_folder.mkdir()
    source = build(seed, dice, source_folder)
    before, began = tree(base), time.process_time()
    written.clear()
    verdict, told = "loaded", ""
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    try:
        if leaky:
            (base / "witness" / f"{number}.txt").write_text("x", encoding="utf-8")
        use_book(source, base) if seed in BOOKS else use(source, base)
    except CompanionError as error:
        verdict = "refused"
        if not error.what:
            verdict, told = "crash", "an error without a word"
    except Hang:
        verdict, told = "hang", traceback.format_exc()[-600:]
    # The border of a test run: whatever else comes out is what is looked for.
    except Exception:  # noqa: BLE001
        verdict, told = "crash", traceback.format_exc()[-900:]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - began
    outside = tree(base) != before or any(not allowed(base, path) for path in written)
    left = [path.name for path in (base / "characters").glob(".*")] if (base / "characters").is_dir() else []
    for name in ("source", "characters", "cache"):
        shutil.rmtree(base / name, ignore_errors=True)
    return {
        "n": number, "seed": seed, "verdict": verdict, "told": told, "seconds": seconds, "outside": outside,
        "left": left, "rss_mb": peak_mb(),
    }  # fmt: skip


def use(source: Path, base: Path) -> None:
    """Do with a card what a user may do: drop it, install it, open and save it, give it away and take it back."""
    cache, out = base / "cache", base / "cache" / "out"
    report_on(source, cache=cache)
    report = install(source, base / "characters", cache=cache)
    assert report.character is not None
    saved = editor.save(editor.draft_of(report.character, report.path), base / "characters", cache=cache)
    assert saved.character is not None
    out.mkdir(parents=True, exist_ok=True)
    for export, name in ((export_charx, "x.charx"), (export_png, "x.png"), (export_json, "x.json")):
        export(report, out / name, cache=cache)
        again = install(out / name, base / "characters", cache=cache)
        assert again.character is not None
        assert again.character.name == report.character.name
        assert len(again.character.lore.entries) == len(report.character.lore.entries)


def use_book(source: Path, base: Path) -> None:
    shelf = BookShelf(base / "characters")
    info = shelf.install(source)
    book = shelf.load(info.id)
    shelf.save(info.id, book)
    for form in ("lorebook_v3", "world_info"):
        target = base / "cache" / f"{form}.json"
        target.parent.mkdir(exist_ok=True)
        shelf.export(info.id, target, form=form)
        assert len(shelf.load(shelf.install(target).id).entries) == len(book.entries)


def allowed(base: Path, path: str) -> bool:
    real = os.path.realpath(path)
    return any(
        real.startswith(f"{os.path.realpath(base / name)}{os.sep}") for name in ("characters", "cache")
    )


def main(arguments: list[str]) -> None:
    base, first, count = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    (base / "witness").mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    signal.signal(signal.SIGPROF, on_alarm)
    written: list[str] = []
    watching = [False]

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if (
            watching[0]
            and event == "open"
            and isinstance(values[0], str)
            and values[2] & (os.O_WRONLY | os.O_RDWR)
        ):
            written.append(values[0])

    sys.addaudithook(hook)
    for number in range(first, first + count):
        watching[0] = True
        line = judge(base, number, written, leaky="leaky" in arguments)
        watching[0] = False
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
