"""How things look: named colour tokens for light and dark, the type scale, and `Look`, which tells of changes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from companion.gui.colours import ink_on, mix, readable
from companion.gui.stylesheet import stylesheet
from companion.paths import bundled

ThemeChoice = Literal["system", "light", "dark"]
Size = Literal["small", "body", "lead", "title", "display"]
SCALE: Final[dict[Size, int]] = {"small": 13, "body": 15, "lead": 18, "title": 22, "display": 28}
GRID: Final = 8
RADIUS: Final = 12
DEFAULT_ACCENT: Final = "#4f8a6b"
_FONTS: Final = (
    "Segoe UI",
    "Microsoft YaHei UI",
    "PingFang SC",
    "Noto Sans",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours by purpose. `tint` is the user's bubble, `on_accent` text on a filled accent."""

    surface: QColor
    raised: QColor
    sunken: QColor
    outline: QColor
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    tint: QColor
    hover: QColor
    danger: QColor
    listening: QColor
    speaking: QColor
    shadow: QColor
    dark: bool

    def names(self) -> dict[str, str]:
        """Return the tokens as `#rrggbb` words for the stylesheet."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value.name() for name, value in values if isinstance(value, QColor)}


def tokens(*, dark: bool, accent: str = "") -> Tokens:
    """Return the tokens of a theme; accent, muted and danger are corrected to a contrast of 4.5 on every surface."""
    surface, raised, sunken, outline, text, muted, danger, listening = (
        ("#181716", "#242220", "#11100f", "#3a3633", "#eeeae5", "#a69e96", "#ff9086", "#63cfa3")
        if dark
        else ("#faf8f5", "#ffffff", "#f1ede7", "#e0dad2", "#25211e", "#6c645d", "#b3261e", "#17734f")
    )
    wished = QColor(accent) if QColor.isValidColorName(accent) else QColor(DEFAULT_ACCENT)
    surface_, raised_ = QColor(surface), QColor(raised)
    tint = mix(wished, surface_, 0.30 if dark else 0.18)
    grounds = (surface_, raised_, QColor(sunken), tint)
    corrected = readable(wished, *grounds)
    return Tokens(
        surface=surface_,
        raised=raised_,
        sunken=QColor(sunken),
        outline=QColor(outline),
        text=QColor(text),
        muted=readable(QColor(muted), *grounds),
        accent=corrected,
        on_accent=ink_on(corrected),
        tint=tint,
        hover=mix(QColor(text), surface_, 0.07),
        danger=readable(QColor(danger), *grounds),
        listening=QColor(listening),
        speaking=corrected,
        shadow=QColor(0, 0, 0, 110 if dark else 40),
        dark=dark,
    )


class Look(QObject):
    """The present look; widgets that paint themselves hold it and repaint on `changed`."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._choice: ThemeChoice = "system"
        self._accent = ""
        self.zoom = 100
        self.reduced_motion = False
        self.tokens = tokens(dark=False)
        application.styleHints().colorSchemeChanged.connect(self._system_changed)

    def set(
        self,
        *,
        choice: ThemeChoice | None = None,
        zoom: int | None = None,
        accent: str | None = None,
        reduced_motion: bool | None = None,
    ) -> None:
        """Change what is given and restyle the application if anything is new."""
        before = (self._choice, self.zoom, self._accent, self.reduced_motion)
        self._choice = choice or self._choice
        self.zoom = min(200, max(80, zoom)) if zoom is not None else self.zoom
        self._accent = accent if accent is not None else self._accent
        self.reduced_motion = reduced_motion if reduced_motion is not None else self.reduced_motion
        if before != (self._choice, self.zoom, self._accent, self.reduced_motion):
            self.apply()

    def apply(self) -> None:
        """Give font, palette and stylesheet to the application."""
        self.tokens = tokens(dark=self._is_dark(), accent=self._accent)
        self._application.setFont(self.font("body"))
        self._application.setPalette(_palette(self.tokens))
        sizes: dict[str, int] = {name: self.px(size) for name, size in SCALE.items()}
        ink = "light" if self.tokens.on_accent.lightnessF() > 0.5 else "dark"
        tick = (bundled("assets") / "window" / f"tick_{ink}.svg").as_posix()
        self._application.setStyleSheet(stylesheet(self.tokens.names(), sizes, self.px, tick=tick))
        self.changed.emit()

    def px(self, size: float) -> int:
        """Return a length for the present zoom."""
        return round(size * self.zoom / 100)

    def font(self, size: Size, *, weight: QFont.Weight = QFont.Weight.Normal, italic: bool = False) -> QFont:
        """Return the font of a step of the type scale."""
        font = QFont()
        font.setFamilies(families())
        font.setPixelSize(self.px(SCALE[size]))
        font.setWeight(weight)
        font.setItalic(italic)
        return font

    def _is_dark(self) -> bool:
        if self._choice == "system":
            return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._choice == "dark"

    def _system_changed(self) -> None:
        if self._choice == "system" and self._is_dark() != self.tokens.dark:
            self.apply()


def families() -> list[str]:
    """Return the font families to try, in order: the system's interface font, then Chinese ones."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).families()
    known = set(QFontDatabase.families())
    # A generic Linux alias would win over every named family and may lack Chinese.
    first = [name for name in system if name in known and name not in {"Sans Serif", "DejaVu Sans"}]
    return [*first, *(name for name in _FONTS if name in known and name not in first), "sans-serif"]


def _palette(named: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for colour_role, colour in (
        (role.Window, named.surface),
        (role.WindowText, named.text),
        (role.Base, named.raised),
        (role.AlternateBase, named.sunken),
        (role.Text, named.text),
        (role.Button, named.raised),
        (role.ButtonText, named.text),
        (role.Highlight, named.accent),
        (role.HighlightedText, named.on_accent),
        (role.PlaceholderText, named.muted),
        (role.ToolTipBase, named.raised),
        (role.ToolTipText, named.text),
        (role.Link, named.accent),
    ):
        palette.setColor(colour_role, colour)
    for disabled in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, disabled, mix(named.muted, named.surface, 0.6))
    return palette
