"""From a source to scenes: units, quotes, cast, speakers, with a person's corrections over all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from companion.forge.cast import Cast, Person, cast_of
from companion.forge.leads import Lead, leads_of
from companion.forge.lines import Source
from companion.forge.noise import noisy
from companion.forge.overrides import Override, applied, corrected_cast
from companion.forge.problems import Problem
from companion.forge.quotes import Quote, quotes_of
from companion.forge.scenes import Scene, scenes_of, scenes_of_lines
from companion.forge.speakers import Attribution, attributed
from companion.forge.units import Units, joined, units_of
from companion.forge.writing import Writing
from companion.text.language import language_of
from companion.text.phonemes import Language

LEAST_LINES = 100
"""With fewer lines of a character, examples and lore in the prompt do better than training."""

Choose = Callable[["Extraction"], Sequence[Attribution]]


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything found in a source. `quotes` are speech and thoughts, with one `lead` and one attribution each;
    empty for a source that names its speakers, whose `lines` tell. `noise` gives the reason by quote or line.
    """

    source: Source
    language: Language
    units: Units
    quotes: tuple[Quote, ...]
    leads: tuple[Lead, ...]
    cast: Cast
    attributions: tuple[Attribution, ...]
    scenes: tuple[Scene, ...]
    noise: dict[int, str]
    lost: tuple[Override, ...]
    problems: tuple[Problem, ...]

    def lines_of(self, name: str) -> int:
        """Return how many lines the person of `name` says, noise left out."""
        one = self.cast.person(name)
        id_ = one.id if one is not None else name
        said = [found.speaker for found in self.attributions] or [line.speaker for line in self.source.lines]
        return sum(speaker == id_ and number not in self.noise for number, speaker in enumerate(said))


def extracted(
    source: Source,
    *,
    known: Sequence[str] = (),
    overrides: Sequence[Override] = (),
    choose: Choose | None = None,
) -> Extraction:
    """Return what is in `source`. `known` are names that certainly belong to the cast.

    `choose` may give speakers to quotes that the rules leave open; a person's corrections stand over both.
    """
    language = language_of(source.document.text[:100_000])
    if source.form != "novel":
        return _of_lines(source, language, overrides)
    units = units_of(source.document)
    quotes = spoken_quotes(source, units)
    cast = found_cast(source, units, quotes, known=known, overrides=overrides)
    return attributed_to(source, units, quotes, cast, overrides=overrides, choose=choose)


def spoken_quotes(source: Source, units: Units) -> list[Quote]:
    """Return the quotes of a novel that are speech or thoughts."""
    writing = _writing_of(source)
    found = quotes_of(writing.read, [one.span for one in units.paragraphs])
    return [one for one in found if one.kind != "emphasis"]


def found_cast(
    source: Source,
    units: Units,
    quotes: Sequence[Quote],
    *,
    known: Sequence[str] = (),
    overrides: Sequence[Override] = (),
) -> Cast:
    """Return who speaks in a novel, with a person's corrections."""
    writing = _writing_of(source)
    leads = leads_of(writing.read, quotes, units.paragraphs)
    names = [writing.name_read(one) for one in known]
    cast = cast_of(writing.read, leads, language_of(source.document.text[:100_000]), names)
    return corrected_cast(writing.cast_written(cast), overrides)


def attributed_to(
    source: Source,
    units: Units,
    quotes: Sequence[Quote],
    cast: Cast,
    *,
    overrides: Sequence[Override] = (),
    choose: Choose | None = None,
) -> Extraction:
    """Return the extraction of a novel whose quotes and cast, corrected, are known."""
    language = language_of(source.document.text[:100_000])
    writing = _writing_of(source)
    leads = leads_of(writing.read, quotes, units.paragraphs)
    people = writing.cast_read(cast)
    found = [
        writing.said_by(one)
        for one in attributed(writing.read, quotes, leads, units.paragraphs, people, language)
    ]
    draft = Extraction(
        source, language, units, tuple(quotes), tuple(leads), cast, tuple(found), (), {}, (), source.problems
    )
    if choose is not None:
        draft = replace(draft, attributions=tuple(choose(draft)))
    return _finished(draft, overrides, writing)


def _writing_of(source: Source) -> Writing:
    text = source.document.text
    return Writing(text, language_of(text[:100_000]))


def _finished(draft: Extraction, overrides: Sequence[Override], writing: Writing) -> Extraction:
    text, units = draft.source.document.text, draft.units
    done = applied(overrides, draft.source.document.id, text, draft.quotes, draft.attributions)
    kept = [number for number in range(len(draft.quotes)) if number not in done.not_speech]
    quotes = tuple(draft.quotes[number] for number in kept)
    attributions = tuple(replace(done.attributions[number], quote=new) for new, number in enumerate(kept))
    leads = tuple(replace(draft.leads[number], quote=new) for new, number in enumerate(kept))
    noise = noisy([joined(text[one.inner[0] : one.inner[1]]) for one in quotes])
    problems = [*draft.source.problems, *units.problems, *_quote_problems(text, quotes, attributions, noise)]
    return replace(
        draft,
        quotes=quotes,
        leads=leads,
        attributions=attributions,
        cast=_with_roles(draft.cast, attributions),
        scenes=tuple(scenes_of(text, units.paragraphs, quotes, attributions, read=writing.read)),
        noise=noise,
        lost=done.lost,
        problems=tuple(problems),
    )


def _of_lines(source: Source, language: Language, overrides: Sequence[Override]) -> Extraction:
    units = Units((), (), False, ())
    counts = Counter(line.speaker for line in source.lines if line.speaker)
    people = tuple(Person(name, (name,), "name", "", n, n) for name, n in counts.most_common())
    cast = corrected_cast(Cast(people), overrides)
    ids = cast.ids
    lines = tuple(replace(line, speaker=ids.get(line.speaker or "", line.speaker)) for line in source.lines)
    source = replace(source, lines=lines)
    noise = noisy([line.text for line in lines if line.kind == "speech"])
    numbers = [number for number, line in enumerate(lines) if line.kind == "speech"]
    reasons = {numbers[number]: reason for number, reason in noise.items()}
    problems = [*source.problems, *(Problem("noise", lines[n].start, lines[n].text[:60]) for n in reasons)]
    scenes = tuple(scenes_of_lines(lines))
    return Extraction(source, language, units, (), (), cast, (), scenes, reasons, (), tuple(problems))


def _with_roles(cast: Cast, attributions: Sequence[Attribution]) -> Cast:
    """Add who speaks without being known by name, such as 小丫头."""
    ids = cast.ids
    counts = Counter(one.speaker for one in attributions if one.speaker and one.speaker not in ids)
    roles = (Person(name, (name,), "role", "", n, n) for name, n in counts.most_common() if "、" not in name)
    return replace(cast, people=(*cast.people, *roles))


def _quote_problems(
    text: str, quotes: Sequence[Quote], attributions: Sequence[Attribution], noise: dict[int, str]
) -> list[Problem]:
    out: list[Problem] = []
    for number, (quote, found) in enumerate(zip(quotes, attributions, strict=True)):
        words = text[quote.start : quote.start + 40]
        if quote.unclosed and not quote.continues:
            out.append(Problem("unclosed_quote", quote.start, words))
        if quote.unopened:
            out.append(Problem("unopened_quote", quote.start, words))
        if found.speaker is None:
            out.append(Problem("unattributed", quote.start, words))
        if number in noise:
            out.append(Problem("noise" if noise[number] == "noise" else "duplicate_line", quote.start, words))
    return out


def advice(extraction: Extraction, name: str) -> str:
    """Return what to do with the lines of `name`: `train`, `prompt` where there are too few, `nobody` without any."""
    n = extraction.lines_of(name)
    if not n:
        return "nobody"
    return "train" if n >= LEAST_LINES else "prompt"
