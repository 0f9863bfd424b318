"""How the parts of a prompt, the reasons of lore and the times of a turn are said to a fan."""

from __future__ import annotations

from companion.domain.explanation import Explanation, LoreUsed
from companion.gui.inert import plain_name
from companion.gui.translation import tr


def section_title(name: str) -> str:
    """Return what a part of the prompt is called."""
    return {
        "persona": tr("Her persona"),
        "examples": tr("Sample dialogues"),
        "summary": tr("Earlier, in brief"),
        "history": tr("The conversation so far"),
        "lore": tr("World entries"),
        "time": tr("Day and hour"),
        "passages": tr("Passages from books"),
        "memories": tr("Memories"),
        "instructions": tr("Reminders"),
        "user": tr("Your words"),
    }.get(name, name)


def lore_reason(used: LoreUsed) -> str:
    """Return why an entry took part."""
    key = plain_name(used.key, 40)
    if used.reason == "constant" or (used.reason == "key" and not key):
        return tr("always there")
    return {
        "key": tr("because of “{key}”", key=key),
        "sticky": tr("mentioned shortly before"),
        "recursion": tr("because another entry speaks of “{key}”", key=key),
        "activated": tr("called up by her card"),
    }.get(used.reason, key)


def seconds_text(seconds: float) -> str:
    """Return a duration, to a tenth of a second below ten."""
    return tr("{n} s", n=f"{seconds:.1f}" if seconds < 9.95 else f"{seconds:.0f}")


def pace(why: Explanation) -> list[tuple[str, str]]:
    """Return (what, how much) of reading and writing the reply, what is known of it."""
    spans = why.seconds
    times = (
        (tr("Until the first word"), spans.get("first_token")),
        (tr("Until the first sound"), spans.get("first_audio")),
        (tr("Altogether"), spans.get("total")),
    )
    lines = [(what, seconds_text(value)) for what, value in times if value is not None]
    if why.n_prompt:
        known = max(0, why.n_prompt - why.n_evaluated)
        lines.append(
            (
                tr("Read for it"),
                tr("{n}, of which {known} she knew from before", n=f"{why.n_prompt:,}", known=f"{known:,}"),
            )
        )
    if why.n_generated:
        writing = spans.get("decode", 0.0)
        said = f"{why.n_generated:,}"
        if writing > 0.05:
            said = tr("{n}, {rate} a second", n=said, rate=f"{why.n_generated / writing:.0f}")
        lines.append((tr("Written"), said))
    if why.model:
        lines.append((tr("Model"), plain_name(why.model, 80)))
    return lines
