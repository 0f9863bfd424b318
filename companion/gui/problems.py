"""What is wrong with a character's pack, all at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from companion.domain.character import PackReport, Problem
from companion.gui.imports.fields import field_name
from companion.gui.inert import plain_label, plain_name
from companion.gui.sentences import joined, said
from companion.gui.translation import tr


class ProblemsPage(QScrollArea):
    """Lists the problems of a pack, the fatal ones first."""

    def __init__(self, report: PackReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(32, 24, 32, 32)
        box.setSpacing(12)
        box.addWidget(plain_label(plain_name(report.id), size="lead", strong=True))
        for problem in sorted(report.problems, key=lambda one: not one.fatal):
            card = QFrame()
            card.setProperty("look", "card")
            inside = QVBoxLayout(card)
            inside.setContentsMargins(16, 12, 16, 12)
            inside.addWidget(plain_label(field_name(problem.where), size="small", tone="muted", wrap=True))
            inside.addWidget(
                plain_label(said(problem.what), tone="danger" if problem.fatal else "text", wrap=True)
            )
            if problem.hint:
                inside.addWidget(plain_label(said(problem.hint), tone="muted", wrap=True))
            box.addWidget(card)
        if not report.problems:
            box.addWidget(plain_label(tr("Nothing is wrong with it."), tone="muted"))
        box.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def problem_line(problem: Problem) -> str:
    """Return what is wrong in one line, with the field it is about where it is no sentence by itself."""
    line = joined(said(problem.what), said(problem.hint))
    is_whole = not problem.where or problem.what[:1].isupper() or problem.what.startswith(problem.where)
    return line if is_whole else tr("{field}: {what}", field=field_name(problem.where), what=line)
