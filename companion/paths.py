"""Every folder the program uses, made once and handed down."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_APP = "companion"


@dataclass(frozen=True, slots=True)
class Paths:
    """The user's folders; none lies inside the program folder, which is never written."""

    config: Path
    data: Path
    cache: Path
    logs: Path
    models: Path
    characters: Path

    @classmethod
    def for_user(cls) -> Paths:
        """Return the platform's folders for this user."""
        dirs = platformdirs.PlatformDirs(_APP, appauthor=False)
        data = Path(dirs.user_data_dir)
        return cls(
            config=Path(dirs.user_config_dir),
            data=data,
            cache=Path(dirs.user_cache_dir),
            logs=Path(dirs.user_log_dir),
            models=data / "models",
            characters=data / "characters",
        )

    @classmethod
    def under(cls, home: Path) -> Paths:
        """Return the same layout below `home`, for `--home` and tests."""
        return cls(
            config=home / "config",
            data=home / "data",
            cache=home / "cache",
            logs=home / "logs",
            models=home / "models",
            characters=home / "characters",
        )

    @property
    def chat_log(self) -> Path:
        return self.data / "chats.sqlite3"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def settings(self) -> Path:
        return self.config / "settings.toml"

    def make(self) -> list[Path]:
        """Create what is missing with mode 0700; return the folders that cannot be written."""
        refused = []
        for folder in (self.config, self.data, self.cache, self.logs, self.models, self.characters):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                probe = folder / ".writable"
                probe.touch(mode=0o600)
                probe.unlink()
            except OSError:
                refused.append(folder)
        return refused


def bundled(name: str) -> Path:
    """Return a folder or file that ships with the program: `assets`, `characters` or `models`."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    inside_wheel = Path(__file__).resolve().parent / "_bundled"
    if not frozen and inside_wheel.is_dir():
        root = inside_wheel
    return root / name
