"""Typed settings; the file holds only what differs from the defaults.

Each field has a title and help in both languages, bounds and when it takes effect; the settings page,
`--help` and the manual derive from this model alone.
"""

from __future__ import annotations

import contextlib
import time
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from companion.errors import StorageError
from companion.storage.atomic import write_atomic

_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


class Effect(StrEnum):
    """When a change takes effect."""

    NOW = "now"
    NEXT_REPLY = "next_reply"
    RELOAD = "reload"  # the worker is replaced; takes seconds


def _field(
    default: Any,
    en: tuple[str, str],
    zh: tuple[str, str],
    *,
    effect: Effect = Effect.NOW,
    advanced: bool = False,
    choices: dict[str, tuple[str, str]] | None = None,
    kind: str = "",
    **bounds: Any,
) -> Any:
    """Declare a field: `en` and `zh` are (title, help); `choices` maps a value to (en, zh) words."""
    extra: dict[str, Any] = {
        "zh_title": zh[0],
        "zh_help": zh[1],
        "effect": effect.value,
        "advanced": advanced,
        "choices": choices or {},
        "kind": kind,
    }
    return Field(default, title=en[0], description=en[1], json_schema_extra=extra, **bounds)


class _Section(BaseModel):
    model_config = ConfigDict(extra="ignore", validate_assignment=True)


class General(_Section):
    language: Literal["system", "zh_CN", "en"] = _field(
        "system",
        ("Language", "The language of the window."),
        ("界面语言", "窗口使用的语言。"),
        choices={
            "system": ("Same as the system", "跟随系统"),
            "zh_CN": ("简体中文", "简体中文"),
            "en": ("English", "English"),
        },
    )
    theme: Literal["system", "light", "dark"] = _field(
        "system",
        ("Appearance", "Light, dark, or as the system has it."),
        ("外观", "浅色、深色，或跟随系统。"),
        choices={
            "system": ("Same as the system", "跟随系统"),
            "light": ("Light", "浅色"),
            "dark": ("Dark", "深色"),
        },
    )
    zoom: int = _field(
        100, ("Text size", "In percent."), ("文字大小", "百分比。"), ge=80, le=200, kind="percent"
    )
    reduced_motion: bool = _field(
        False,
        ("Less motion", "No idle movement and no fades."),
        ("减少动画", "关闭待机动作和渐变。"),
    )
    user_name: str = _field(
        "",
        ("Your name", "What the character calls you."),
        ("你的名字", "角色会这样称呼你。"),
        max_length=40,
        effect=Effect.NEXT_REPLY,
    )
    first_run_done: bool = _field(
        False, ("First steps are done", ""), ("已完成初次设置", ""), advanced=True, kind="hidden"
    )
    last_character: str = _field("", ("Last character", ""), ("上次的角色", ""), advanced=True, kind="hidden")


class Mind(_Section):
    engine: Literal["local", "remote", "demo"] = _field(
        "local",
        ("Where she thinks", "A model on this computer, or a server that speaks the OpenAI interface."),
        ("思考方式", "用这台电脑上的模型，或连接兼容 OpenAI 接口的服务器。"),
        choices={
            "local": ("On this computer", "本机模型"),
            "remote": ("A server I name", "自选服务器"),
            "demo": ("Demo, no model", "演示（无模型）"),
        },
        effect=Effect.RELOAD,
    )
    model: str = _field(
        "",
        ("Model", "A GGUF file or a model from the list; empty picks the best that is installed."),
        ("模型", "GGUF 文件或列表里的模型；留空则自动选用已安装的最佳模型。"),
        effect=Effect.RELOAD,
        kind="model:language",
    )
    context_tokens: int = _field(
        4096,
        ("Memory of the conversation", "How many tokens the model keeps in view. More needs more memory."),
        ("对话记忆长度", "模型能看到的词元数；越大越占内存。"),
        ge=512,
        le=131072,
        effect=Effect.RELOAD,
        advanced=True,
    )
    gpu_layers: int = _field(
        -1,
        ("Layers on the graphics card", "-1 chooses by itself; 0 uses the processor only."),
        ("显卡层数", "-1 为自动；0 为只用处理器。"),
        ge=-1,
        le=1000,
        effect=Effect.RELOAD,
        advanced=True,
    )
    threads: int = _field(
        0,
        ("Processor threads", "0 chooses by the number of cores."),
        ("处理器线程", "0 为按核心数自动选择。"),
        ge=0,
        le=256,
        effect=Effect.RELOAD,
        advanced=True,
    )
    remote_url: str = _field(
        "",
        ("Server address", "For example http://127.0.0.1:8080/v1. What you say is sent there."),
        ("服务器地址", "例如 http://127.0.0.1:8080/v1。你说的话会发送到那里。"),
        effect=Effect.RELOAD,
    )
    remote_model: str = _field(
        "",
        ("Model on the server", "The name the server knows it by."),
        ("服务器上的模型", "服务器使用的模型名称。"),
        effect=Effect.RELOAD,
    )
    remote_key: str = _field(
        "",
        ("Server key", "Kept in your settings file, mode 0600."),
        ("服务器密钥", "保存在你的设置文件里，仅本人可读。"),
        effect=Effect.RELOAD,
        kind="secret",
    )


class Ears(_Section):
    model: str = _field(
        "",
        ("Recogniser", "A folder or a model from the list; empty picks the best that is installed."),
        ("听写模型", "文件夹或列表里的模型；留空则自动选用已安装的最佳模型。"),
        effect=Effect.RELOAD,
        kind="model:recogniser",
    )
    language: Literal["character", "auto", "zh", "en"] = _field(
        "character",
        ("Language you speak", "The character's language, found out anew each time, or fixed."),
        ("你说的语言", "与角色相同、每次自动判断，或固定一种。"),
        choices={
            "character": ("The character's", "与角色相同"),
            "auto": ("Find out", "自动判断"),
            "zh": ("Chinese", "中文"),
            "en": ("English", "英语"),
        },
        effect=Effect.NEXT_REPLY,
    )
    mode: Literal["off", "push_to_talk", "on_call", "hands_free"] = _field(
        "off",
        (
            "Microphone",
            "Off, open while a key is held, open but answering only to her name, or open for all you say. "
            "What she hears stays on this computer.",
        ),
        (
            "麦克风",
            "关闭；按住按键才收音；一直收音但叫到名字才回应；或者听到什么都回应。听到的内容只留在这台电脑上。",
        ),
        choices={
            "off": ("Off", "关闭"),
            "push_to_talk": ("Hold to talk", "按住说话"),
            "on_call": ("Call her by name", "叫她的名字"),
            "hands_free": ("Hands-free", "自由对话"),
        },
    )
    talk_key: str = _field(
        "F8",
        ("Key to hold while you talk", "Press the new key. Esc leaves it as it is."),
        ("按住说话的按键", "点一下，再按新的按键；按 Esc 不改。"),
        kind="key",
    )
    talk_key_everywhere: bool = _field(
        False,
        (
            "The key works in other programs too",
            "Only this one key is taken from the system, nothing else you type is seen.",
        ),
        ("在其他程序里也能用这个按键", "只向系统登记这一个按键，看不到你输入的其他内容。"),
    )
    device: str = _field(
        "",
        ("Microphone device", "Empty follows the system."),
        ("麦克风设备", "留空则跟随系统。"),
        kind="device:input",
    )
    end_silence_ms: int = _field(
        550,
        (
            "Pause that ends your turn",
            "Milliseconds of silence in the middle case: after a whole sentence she waits less, after half a one "
            "longer. A larger number lets you think, a smaller one answers faster.",
        ),
        (
            "停顿多久算说完",
            "毫秒，指一般情况；话说完整了会少等一会儿，说到一半会多等一会儿。大一点可以慢慢想，小一点回答更快。",
        ),
        ge=250,
        le=3000,
    )
    duplex: Literal["auto", "full", "half"] = _field(
        "auto",
        (
            "While she speaks",
            "Talk over her and she stops, if what she says herself can be taken out of the microphone; "
            "or let her finish first.",
        ),
        (
            "她说话的时候",
            "可以直接打断她，前提是能从麦克风里去掉她自己的声音；或者等她说完再听。",
        ),
        choices={
            "auto": ("Decide by itself", "自动判断"),
            "full": ("Listen, I may interrupt", "继续听，可以打断"),
            "half": ("Do not listen", "不听"),
        },
    )


class VoiceSettings(_Section):
    speak: bool = _field(
        True, ("She speaks", "Off: text only."), ("让她说话", "关闭后只显示文字。"), effect=Effect.NEXT_REPLY
    )
    volume: int = _field(100, ("Volume", "In percent."), ("音量", "百分比。"), ge=0, le=100, kind="percent")
    speed: int = _field(
        100,
        ("Speed", "In percent of her own."),
        ("语速", "相对她本来语速的百分比。"),
        ge=50,
        le=200,
        kind="percent",
        effect=Effect.NEXT_REPLY,
    )
    device: str = _field(
        "",
        ("Loudspeaker", "Empty follows the system."),
        ("播放设备", "留空则跟随系统。"),
        kind="device:output",
    )
    fillers: bool = _field(
        False,
        ("Sounds of thinking", "“Hmm”, where a spoken answer is long in coming."),
        ("思考时出声", "语音回答来得慢的时候，先轻轻“嗯”一声。"),
        effect=Effect.NEXT_REPLY,
    )
    subtitles: bool = _field(
        True,
        ("Subtitles", "Show her words on the stage while she speaks."),
        ("字幕", "她说话时在舞台上显示文字。"),
    )


class Recall(_Section):
    lore: bool = _field(
        True,
        ("Use documents", "Look up passages of the books and texts that a character has."),
        ("查阅资料", "回答时查找角色的书和文档里的段落。"),
        effect=Effect.NEXT_REPLY,
    )
    remember: bool = _field(
        True,
        (
            "Remember earlier chats",
            "Recall what was said before, also in other chats with the same character.",
        ),
        ("记得以前的对话", "回想以前说过的话，包括和同一角色的其他聊天。"),
        effect=Effect.NEXT_REPLY,
    )
    tell: bool = _field(
        True,
        ("Tell what she will remember", "A quiet line over the conversation, with the way to correct it."),
        ("提示她记住了什么", "在对话上方轻轻提示一行，可以随手改正。"),
    )
    embedder: str = _field(
        "",
        (
            "Search model",
            "Finds what means the same. A GGUF file, an ONNX folder or a model from the list; empty picks the "
            "best that is installed. Another one builds the index anew.",
        ),
        (
            "检索模型",
            "用来按意思查找。可以是 GGUF 文件、ONNX 文件夹或列表里的模型；留空则自动选择。更换后会重建索引。",
        ),
        effect=Effect.RELOAD,
        advanced=True,
        kind="model:embedder",
    )
    store: Literal["chroma", "exact", "server"] = _field(
        "chroma",
        ("Where the index is kept", "In Chroma, in plain files, or on a Chroma server you name."),
        ("索引保存位置", "Chroma、普通文件，或自选的 Chroma 服务器。"),
        choices={
            "chroma": ("Chroma on this computer", "本机 Chroma"),
            "exact": ("Plain files", "普通文件"),
            "server": ("A Chroma server I name", "自选 Chroma 服务器"),
        },
        effect=Effect.RELOAD,
        advanced=True,
    )
    server_url: str = _field(
        "",
        (
            "Chroma server",
            "For example http://127.0.0.1:8000. Numbers made from your texts are sent there, not the texts.",
        ),
        ("Chroma 服务器", "例如 http://127.0.0.1:8000。发送的是由文字算出的数值，不是文字本身。"),
        effect=Effect.RELOAD,
        advanced=True,
    )


class Background(_Section):
    tray: bool = _field(
        True,
        (
            "Icon in the tray",
            "Shows whether the microphone is open; its menu works while the window is closed.",
        ),
        ("托盘图标", "显示麦克风是否开着；窗口关着时也能从它的菜单操作。"),
    )
    keep_running: bool = _field(
        False,
        (
            "Stay when the window is closed",
            "She goes on listening and speaking as you have set it. Quit from the icon's menu.",
        ),
        ("关闭窗口后继续陪着你", "她照常听、照常说；要退出，请用托盘图标的菜单。"),
    )
    do_not_disturb: bool = _field(
        False,
        ("Do not disturb", "She neither speaks nor listens. What you write is answered in writing."),
        ("请勿打扰", "她不出声，也不收音；你打字，她就用文字回答。"),
    )
    quiet_hours: bool = _field(
        False,
        ("Do not disturb every day", "Between the two times below."),
        ("每天定时勿扰", "在下面两个时间之间。"),
    )
    quiet_from: str = _field("23:00", ("From", ""), ("开始", ""), pattern=_TIME, kind="time")
    quiet_until: str = _field("08:00", ("Until", ""), ("结束", ""), pattern=_TIME, kind="time")
    told_of_tray: bool = _field(
        False, ("Told where she goes", ""), ("已提示托盘", ""), advanced=True, kind="hidden"
    )


class Safety(_Section):
    backup_hours: int = _field(
        6,
        ("Back up every", "Hours between verified backups of your chats; 0 switches them off."),
        ("自动备份间隔", "每隔多少小时备份一次聊天记录并校验；0 为关闭。"),
        ge=0,
        le=168,
    )


class Settings(BaseModel):
    """All settings; section and field names are the TOML table and key."""

    model_config = ConfigDict(extra="ignore")

    general: General = Field(default_factory=General, title="General", json_schema_extra={"zh_title": "通用"})
    mind: Mind = Field(default_factory=Mind, title="Thinking", json_schema_extra={"zh_title": "思考"})
    ears: Ears = Field(default_factory=Ears, title="Listening", json_schema_extra={"zh_title": "聆听"})
    voice: VoiceSettings = Field(
        default_factory=VoiceSettings, title="Voice", json_schema_extra={"zh_title": "声音"}
    )
    recall: Recall = Field(default_factory=Recall, title="Memory", json_schema_extra={"zh_title": "记忆"})
    background: Background = Field(
        default_factory=Background,
        title="In the background",
        json_schema_extra={"zh_title": "后台与勿扰"},
    )
    safety: Safety = Field(default_factory=Safety, title="Safety", json_schema_extra={"zh_title": "安全"})

    def differences(self) -> dict[str, dict[str, Any]]:
        """Return only the fields that differ from the defaults, as nested tables."""
        mine, default = self.model_dump(), Settings().model_dump()
        out: dict[str, dict[str, Any]] = {}
        for section, fields in mine.items():
            changed = {key: value for key, value in fields.items() if value != default[section][key]}
            if changed:
                out[section] = changed
        return out


def load(path: Path) -> tuple[Settings, str]:
    """Return the settings in `path` and a sentence on what was wrong with the file, or an empty one.

    A file that cannot be parsed is moved aside under a unique name; a field with a bad value falls back
    to its default and the others are kept.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        with contextlib.suppress(OSError):
            path.replace(aside)
        return (
            Settings(),
            f"The settings file could not be read; the defaults are used and it was kept as {aside.name}.",
        )
    settings, bad = Settings(), []
    for section, values in raw.items():
        target = getattr(settings, section, None)
        if not isinstance(target, BaseModel) or not isinstance(values, dict):
            continue
        for key, value in values.items():
            if key not in type(target).model_fields:
                continue
            try:
                setattr(target, key, value)
            except ValidationError:
                bad.append(f"{section}.{key}")
    said = (
        f"These settings had values that cannot be used and are at their defaults: {', '.join(bad)}."
        if bad
        else ""
    )
    return settings, said


def save(settings: Settings, path: Path) -> None:
    """Write the differences to `path`, whole or not at all, mode 0600. Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"The settings could not be saved ({error.strerror}).",
            "Check that the disk has room and may be written.",
        ) from error
    write_atomic(path, tomli_w.dumps(settings.differences()).encode())
