"""Her voice: which one, how fast, how high."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from companion.engines.voices.styles import Blend
from companion.gui.characters.form import column
from companion.gui.characters.labelled import Labelled
from companion.gui.controls.choice import ChoiceBox
from companion.gui.controls.language import shows_chinese
from companion.gui.controls.slider import ValueSlider
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft


class VoiceForm(QWidget):
    """`blends` are the voices that come with the program; a voice of the pack's own is kept until another is chosen."""

    changed = Signal()

    def __init__(self, blends: Mapping[str, Blend]) -> None:
        super().__init__()
        self._blends, self._style, self._own = blends, "", False
        self.voice = ChoiceBox()
        self.speed = ValueSlider(50, 200, shown=lambda n: tr("{n} %", n=n))
        self.pitch = ValueSlider(-12, 12, step=1, shown=lambda n: f"{n / 2:+.1f}" if n else "0")
        self._fields = {
            "style": Labelled(
                self.voice, lambda: (tr("Voice"), tr("Each of them can speak both languages."))
            ),
            "speed": Labelled(self.speed, lambda: (tr("How fast she speaks"), "")),
            "pitch": Labelled(
                self.pitch, lambda: (tr("How high she speaks"), tr("In semitones; 0 is the voice as it is."))
            ),
        }
        column(self, *self._fields.values())
        self.voice.picked.connect(self._pick)
        self.speed.value_changed.connect(lambda _: self.changed.emit())
        self.pitch.value_changed.connect(lambda _: self.changed.emit())
        Texts(self).also(self._write)
        self._write()

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        self._style = draft.style
        self._own = self._own or (not draft.style and draft.source is not None)
        self.speed.set_value(round(draft.speed * 100))
        self.pitch.set_value(round(draft.pitch * 2))
        self._write()

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here; values between two marks stay as they were."""
        speed, pitch = self.speed.value() / 100, self.pitch.value() / 2
        return replace(
            draft,
            style=self._style,
            speed=draft.speed if round(draft.speed * 100) == self.speed.value() else speed,
            pitch=draft.pitch if round(draft.pitch * 2) == self.pitch.value() else pitch,
        )

    def _pick(self, style: str) -> None:
        self._style = style
        self.changed.emit()

    def _write(self) -> None:
        own = tr("Her own voice") if self._own else tr("As her language suggests")
        choices = [("", own)]
        choices += [
            (name, one.label_zh if shows_chinese() else one.label_en) for name, one in self._blends.items()
        ]
        if self._style and self._style not in self._blends:
            choices.append((self._style, self._style))
        self.voice.set_choices(choices)
        self.voice.set_value(self._style)
