"""The one stylesheet. Widgets choose a look by the dynamic property `look`, labels by `scale` and `tone`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Template
from typing import Final

_SHEET: Final = Template(
    """
QWidget { color: $text; }
QMainWindow, QWidget[look="surface"] { background: $surface; }
QWidget[look="sunken"] { background: $sunken; }
QWidget[look="raised"] { background: $raised; }
QFrame[look="card"] { background: $raised; border: 1px solid $outline; border-radius: ${radius}px; }
QFrame[look="bar"] { background: $surface; border: none; border-bottom: 1px solid $outline; }
QFrame[look="rail"] { background: $sunken; border: none; border-right: 1px solid $outline; }
QFrame[look="banner"] { background: $raised; border: 1px solid $outline; border-left: 4px solid $danger;
    border-radius: ${small_radius}px; }
QFrame[look="banner"][tone="info"] { border-left-color: $accent; }
QFrame[look="strip"] { background: $raised; border: 1px solid $outline; border-radius: ${radius}px; }
QFrame[look="line"] { background: $outline; border: none; max-height: 1px; min-height: 1px; }
QFrame[look="composer"] { background: $raised; border: 1px solid $outline; border-radius: ${round}px; }
QFrame[look="composer"][focused="true"] { border-color: $accent; }

QLabel { background: transparent; }
QLabel[scale="small"] { font-size: ${small}px; }
QLabel[scale="lead"] { font-size: ${lead}px; }
QLabel[scale="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[scale="display"] { font-size: ${display}px; font-weight: 600; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="danger"] { color: $danger; }
QLabel[tone="accent"] { color: $accent; }
QLabel[weight="strong"] { font-weight: 600; }

QPushButton { background: $raised; border: 1px solid $outline; border-radius: ${small_radius}px;
    padding: ${pad_s}px ${pad_l}px; min-height: ${control}px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $sunken; }
QPushButton:focus { border: 2px solid $accent; padding: ${pad_focus}px ${pad_l}px; }
QPushButton:disabled { color: $muted; border-color: $outline; }
QPushButton[look="primary"] { background: $accent; color: $on_accent; border: 2px solid $accent; }
QPushButton[look="primary"]:hover { background: $accent; border-color: $text; }
QPushButton[look="primary"]:focus { border: 2px solid $text; }
QPushButton[look="primary"]:disabled { background: $sunken; color: $muted; border-color: $outline; }
QPushButton[look="danger"] { color: $danger; }
QPushButton[look="suggestion"] { text-align: left; border-radius: ${radius}px; padding: ${pad_m}px ${pad_l}px; }
QPushButton[look="suggestion"]:hover { border-color: $accent; }
QPushButton[look="link"] { background: transparent; border: none; color: $accent; padding: ${pad_s}px;
    text-align: left; }
QPushButton[look="link"]:hover { text-decoration: underline; }
QPushButton[look="link"]:focus { border: 2px solid $accent; }

QToolButton { background: transparent; border: 2px solid transparent; border-radius: ${small_radius}px;
    padding: ${pad_xs}px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $tint; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; width: 0px; }
QToolButton[look="floating"] { background: $raised; border: 1px solid $outline; border-radius: ${radius}px;
    padding: ${pad_m}px; }
QToolButton[look="floating"]:hover { border-color: $accent; }
QToolButton[look="floating"]:focus { border: 2px solid $accent; }
QFrame[look="actions"] { background: $raised; border: 1px solid $outline; border-radius: ${small_radius}px; }
QFrame[look="actions"] QToolButton { padding: 2px; border-width: 1px; }

QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QTimeEdit { background: $raised; border: 1px solid $outline;
    border-radius: ${small_radius}px; padding: ${pad_xs}px ${pad_m}px; min-height: ${control}px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QTimeEdit:focus { border-color: $accent; }
QComboBox::drop-down { border: none; width: ${control}px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $outline;
    selection-background-color: $tint; selection-color: $text; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: $raised; border: 1px solid $outline;
    border-radius: ${small_radius}px; padding: ${pad_xs}px; selection-background-color: $accent;
    selection-color: $on_accent; }
QPlainTextEdit:focus, QTextEdit:focus, QTextBrowser:focus { border-color: $accent; }
QPlainTextEdit[look="composer"] { background: transparent; border: none; padding: 0px; }
QTextBrowser[look="excerpt"] { background: transparent; border: none; padding: 0px; }
QAbstractItemView { background: transparent; border: none; outline: none; }
QListView[look="conversation"] { background: $surface; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $outline; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: none; border: none; width: 0px; height: 0px; }

QMenu { background: $raised; border: 1px solid $outline; border-radius: ${small_radius}px; padding: 6px; }
QMenu::item { padding: ${pad_xs}px ${pad_l}px; border-radius: 6px; }
QMenu::item:selected { background: $tint; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $outline; margin: 6px ${pad_m}px; }
QToolTip { background: $raised; color: $text; border: 1px solid $outline; padding: 4px 6px; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $outline; }

QCheckBox, QRadioButton { spacing: ${pad_m}px; min-height: ${control}px; background: transparent; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QCheckBox::indicator, QRadioButton::indicator { width: ${mark}px; height: ${mark}px; background: $raised;
    border: 2px solid $muted; border-radius: 5px; }
QRadioButton::indicator { border-radius: ${round_mark}px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QRadioButton::indicator:checked { border-color: $accent; background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5,
    fx: 0.5, fy: 0.5, stop: 0 $accent, stop: 0.55 $accent, stop: 0.6 $raised, stop: 1 $raised); }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $text; }
QSlider::groove:horizontal { height: 4px; background: $outline; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $accent; width: 16px; height: 16px; margin: -6px 0px; border-radius: 8px; }
QSlider::handle:horizontal:focus { border: 2px solid $text; width: 12px; height: 12px; }
QProgressBar { background: $sunken; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QTabBar::tab { padding: ${pad_xs}px ${pad_l}px; border: none; border-bottom: 2px solid transparent; color: $muted; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabWidget::pane { border: none; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0px ${pad_xs}px; min-height: 0px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0px; height: 0px; border: none; }
QTableView::indicator { width: ${mark}px; height: ${mark}px; background: $raised; border: 2px solid $muted;
    border-radius: 4px; }
QTableView::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QPushButton[look="segment"] { padding: ${pad_xs}px ${pad_m}px; }
QPushButton[look="segment"]:checked { background: $tint; border: 2px solid $accent; }
QPushButton[look="segment"]:focus { border: 2px solid $text; padding: ${pad_xs}px ${pad_m}px; }
QPushButton[look="option"] { text-align: left; border-radius: ${radius}px; padding: ${pad_m}px ${pad_l}px;
    border: 2px solid $outline; }
QPushButton[look="option"]:hover { border-color: $muted; }
QPushButton[look="option"]:checked { background: $tint; border-color: $accent; font-weight: 600; }
QPushButton[look="option"]:focus { border: 2px solid $text; padding: ${pad_m}px ${pad_l}px; }
QListView[look="sections"]::item { border-radius: ${small_radius}px; padding-left: ${pad_m}px; color: $text; }
QListView[look="sections"]::item:hover { background: $hover; }
QListView[look="sections"]::item:selected { background: $tint; color: $text; }
QListView[look="sections"]::item:focus { border: 2px solid $accent; }
QTableView[look="table"] { background: $raised; border: 1px solid $outline; border-radius: ${small_radius}px;
    gridline-color: $outline; selection-background-color: $tint; selection-color: $text; }
QTableView[look="table"]:focus { border-color: $accent; }
QHeaderView::section { background: $sunken; color: $muted; border: none; padding: ${pad_xs}px ${pad_m}px; }
"""
)


def stylesheet(
    colours: Mapping[str, str], sizes: Mapping[str, int], px: Callable[[float], int], *, tick: str
) -> str:
    """Return the sheet for a theme's colours, font sizes and zoom; `px` scales a length, `tick` is a picture file."""
    lengths = {
        "radius": px(12),
        "small_radius": px(8),
        "round": px(20),
        "control": px(24),
        "pad_xs": px(4),
        "pad_s": px(5),
        "pad_m": px(8),
        "pad_l": px(14),
        "pad_focus": px(4),
        "mark": px(14),
        "round_mark": px(14) // 2 + 2,
    }
    return _SHEET.substitute(colours, **sizes, **lengths, tick=tick)
