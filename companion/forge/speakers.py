"""Speakers of a running text by rules: the tag, the subject before it, who goes on, whose turn it is; else nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from companion.forge import english, wording
from companion.forge.cast import NARRATORS, Cast
from companion.forge.leads import Lead
from companion.forge.names import has_unknown, unknown_in_tag
from companion.forge.quotes import Quote
from companion.forge.subjects import Mention, Subject, Subjects
from companion.forge.units import Paragraph
from companion.text.phonemes import Language

Method = Literal[
    "script", "tag", "subject", "goes_on", "pronoun", "beside", "alternation", "model", "human", "none"
]
Form = Literal["explicit", "anaphoric", "implicit"]

CONFIDENCE: Final[dict[Method, float]] = {
    "human": 1.0,
    "script": 1.0,
    "tag": 0.99,
    "subject": 0.97,
    "goes_on": 0.92,
    "model": 0.8,
    "pronoun": 0.75,
    "beside": 0.75,
    "alternation": 0.65,
    "none": 0.0,
}
_VOCATIVE_END: Final = re.compile("[，,！!、。．…：]")
_FAR: Final = 14
_SEXES: Final = {"她": "f", "she": "f", "他": "m", "he": "m"}
TOGETHER: Final = "、"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says a quote, an index. `speaker` is a person's id, several joined by `、`, or None where it is not known.

    `form` tells how the text names the speaker; `evidence` is the span that does, in the document. `addressee` may be
    None though there is one.
    """

    quote: int
    speaker: str | None
    method: Method
    form: Form
    addressee: str | None = None
    evidence: tuple[int, int] | None = None

    @property
    def confidence(self) -> float:
        """From 0 to 1, by the method: how often it was right on labelled chapters, a guess where those hold few."""
        return CONFIDENCE[self.method]


def attributed(
    text: str,
    quotes: Sequence[Quote],
    leads: Sequence[Lead],
    paragraphs: Sequence[Paragraph],
    cast: Cast,
    language: Language,
) -> list[Attribution]:
    """Return who says each of `quotes`, None where the text does not tell."""
    rules = _Rules(text, quotes, leads, paragraphs, cast, language)
    return [rules.next(number) for number in range(len(quotes))]


class _Rules:
    """Goes through the quotes in their order and remembers who spoke."""

    def __init__(
        self,
        text: str,
        quotes: Sequence[Quote],
        leads: Sequence[Lead],
        paragraphs: Sequence[Paragraph],
        cast: Cast,
        language: Language,
    ) -> None:
        self._text, self._quotes, self._leads, self._paragraphs = text, quotes, leads, paragraphs
        self._cast, self._language = cast, language
        self._subjects = Subjects(cast)
        self._ids = dict(cast.ids)
        self._gender = {one.id: one.gender for one in cast.people}
        # Old Chinese texts write 他 for everybody.
        self._has_she = language == "en" or text.count("她") > 0.02 * text.count("他")
        self._unknowns: dict[str, str] = {}
        self._done: list[Attribution] = []

    def next(self, number: int) -> Attribution:
        lead, quote = self._leads[number], self._quotes[number]
        if number and self._quotes[number - 1].continues and self._done[-1].speaker:
            found = replace(self._done[-1], quote=number, method="goes_on", form="implicit")
        elif self._language == "en":
            found = self._english(number, lead)
        else:
            found = self._chinese(number, lead)
        called = self._vocative(quote)
        if called is not None:
            found = _not_to_oneself(found, called)
        if found.addressee is None and found.speaker:
            found = replace(found, addressee=self._likely_addressee(number, found.speaker))
        self._done.append(found)
        return found

    # -- Chinese ---------------------------------------------------------------------------------------------------

    def _chinese(self, number: int, lead: Lead) -> Attribution:
        tagged = lead.colon or bool(
            lead.clauses and wording.TAG_END.search(lead.tag_clause) and self._touches(lead)
        )
        if tagged:
            return self._by_clauses(number, lead)
        if (behind := self._behind(number, lead)) is not None:
            return behind
        if lead.clauses:
            found = self._by_clauses(number, lead)
            return replace(found, method="beside" if found.speaker else "none", form="implicit")
        return self._implicit(number, lead)

    @staticmethod
    def _touches(lead: Lead) -> bool:
        return not re.search(r"[。．！？!?]\s*$", lead.before)

    def _by_clauses(self, number: int, lead: Lead) -> Attribution:
        """Take the subject of the tag, or of the nearest clause before it that has one."""
        tag, place = lead.tag_clause, lead.places[-1] if lead.places else lead.start
        addressed: Mention | None = None
        pronoun = ""
        if wording.HEARD.match(tag) and not self._subjects.mentions(tag):
            return Attribution(number, None, "none", "anaphoric")
        for back, (clause, at) in enumerate(zip(reversed(lead.clauses), reversed(lead.places), strict=True)):
            skipped = _heard(clause) if back == 0 else 0
            subject = self._subjects.subject(clause[skipped:], at + skipped, in_tag=back == 0)
            if back == 0:
                mentions = subject.mentions if subject else ()
                addressed = self._subjects.addressee(tag, place, mentions)
            if subject is None and back == 0 and (name := self._unknown(clause)):
                begin = at + clause.index(name)
                subject = Subject((Mention(name, begin, begin + len(name)),))
            if subject is None or (pronoun and not self._fits(subject, pronoun)):
                continue
            if subject.pronoun:
                pronoun = pronoun or subject.pronoun
                continue
            form: Form = "explicit" if back == 0 else "anaphoric"
            found = self._by_subject(number, subject, addressed, form, back)
            return replace(found, method="pronoun") if pronoun and found.speaker else found
        if pronoun:
            return self._pronoun(number, pronoun, addressed.id if addressed else None)
        if not lead.opens and not wording.ANONYMOUS.match(tag) and not has_unknown(tag):
            return self._goes_on(number, addressed)
        if not lead.opens:
            return Attribution(number, None, "none", "anaphoric", addressed.id if addressed else None)
        return self._from_before(number, lead, addressed)

    def _unknown(self, clause: str) -> str:
        if clause not in self._unknowns:
            self._unknowns[clause] = unknown_in_tag(clause, self._text) or ""
        return self._unknowns[clause]

    def _fits(self, subject: Subject, pronoun: str) -> bool:
        """A pronoun stands for the subject before it, unless that is of the other sex or more than one."""
        wanted = _SEXES.get(pronoun, "")
        if len(subject.mentions) != 1:
            return False
        gender = self._gender.get(subject.mentions[0].id, "")
        knows = any(self._gender.values()) and self._has_she
        return not knows or not gender or gender == wanted

    def _by_subject(
        self, number: int, subject: Subject, addressed: Mention | None, form: Form, back: int
    ) -> Attribution:
        to = addressed.id if addressed else None
        if subject.pronoun:
            return self._pronoun(number, subject.pronoun, to)
        ids = [one.id for one in subject.mentions]
        if to in ids:
            # The one who is asked does not ask; the subject of this clause is not that of the tag.
            if form == "explicit" or len(ids) == 1:
                to = None if form == "explicit" else to
            if form == "anaphoric":
                return Attribution(number, None, "none", "anaphoric", to)
        span = (subject.mentions[0].start, subject.mentions[-1].end)
        method: Method = "tag" if back == 0 else "subject"
        return Attribution(number, TOGETHER.join(dict.fromkeys(ids)), method, form, to, span)

    def _goes_on(self, number: int, addressed: Mention | None) -> Attribution:
        """A tag without a subject behind a quote: the same speaker says more."""
        last = self._done[number - 1]
        to = addressed.id if addressed else None
        if last.speaker is None or last.speaker == to:
            return Attribution(number, None, "none", "anaphoric", to)
        return Attribution(number, last.speaker, "goes_on", "anaphoric", to or last.addressee, last.evidence)

    def _from_before(self, number: int, lead: Lead, addressed: Mention | None) -> Attribution:
        """Look for the subject in the narration of the paragraphs before, else who spoke last there."""
        index = self._quotes[number].paragraph
        to = addressed.id if addressed else None
        for back in range(index - 1, max(-1, index - 3), -1):
            paragraph = self._paragraphs[back]
            last = next((n for n in range(number - 1, -1, -1) if self._quotes[n].paragraph == back), None)
            if last is not None:
                speaker = self._done[last].speaker
                method: Method = "goes_on" if speaker and speaker != to else "none"
                return Attribution(number, speaker if method != "none" else None, method, "anaphoric", to)
            clauses = list(
                re.finditer("[^，。．！？；、：\\s]+", self._text[paragraph.start : paragraph.end])
            )
            for one in reversed(clauses):
                subject = self._subjects.subject(one.group(), paragraph.start + one.start())
                if subject is not None and subject.mentions and subject.sure:
                    return self._by_subject(number, subject, addressed, "anaphoric", 2)
        return Attribution(number, None, "none", "anaphoric", to)

    def _behind(self, number: int, lead: Lead) -> Attribution | None:
        """Read a tag behind the quote: “……。”他说。"""
        clause = lead.after_clause
        if not clause or not wording.TAG_END.search(clause):
            return None
        subject = self._subjects.subject(clause, lead.end + lead.after.index(clause))
        if subject is None:
            return None
        addressed = self._subjects.addressee(clause, lead.end, subject.mentions)
        return self._by_subject(number, subject, addressed, "explicit", 0)

    # -- English ---------------------------------------------------------------------------------------------------

    def _english(self, number: int, lead: Lead) -> Attribution:
        for start, tag in (
            (lead.end, english.tag_behind(lead.after)),
            (lead.start, english.tag_before(lead.before)),
        ):
            if tag is None:
                continue
            if tag.pronoun == "i" and "I" in self._ids:
                span = (start + tag.start, start + tag.end)
                return Attribution(number, self._ids["I"], "tag", "explicit", None, span)
            if tag.pronoun:
                return self._english_pronoun(number, lead, tag.pronoun)
            who = self._ids.get(tag.name, tag.name) if tag.name else tag.role
            return Attribution(number, who, "tag", "explicit", None, (start + tag.start, start + tag.end))
        if (found := english.beat_behind(lead.after)) or (found := english.beat_before(lead.before)):
            return self._beat(number, lead, found)
        if not lead.opens:
            return self._goes_on(number, None)
        return self._implicit(number, lead)

    def _english_pronoun(self, number: int, lead: Lead, pronoun: str) -> Attribution:
        """Take who acts in the sentence before: The waiter came. "What would you like?" he asked."""
        beat = english.beat_before(lead.before)
        who = (self._ids.get(beat.name, "") or beat.role) if beat is not None else ""
        if beat is not None and who and self._gender.get(who, "") in ("", _SEXES.get(pronoun, "")):
            span = (lead.start + beat.start, lead.start + beat.end)
            return Attribution(number, who, "pronoun", "anaphoric", None, span)
        return self._pronoun(number, pronoun, None)

    def _beat(self, number: int, lead: Lead, beat: english.Tag) -> Attribution:
        """The one who acts beside the quote: "Traffic." Alice hung up her coat."""
        if beat.pronoun:
            found = self._pronoun(number, beat.pronoun, None)
            return replace(found, method="beside" if found.speaker else "none", form="implicit")
        who = self._ids.get(beat.name, "") if beat.name else beat.role
        if not who:
            return self._implicit(number, lead)
        start = lead.end if lead.after.startswith(beat.part) else lead.start
        return Attribution(number, who, "beside", "implicit", None, (start + beat.start, start + beat.end))

    # -- both ------------------------------------------------------------------------------------------------------

    def _pronoun(self, number: int, pronoun: str, to: str | None) -> Attribution:
        """Take the nearest fitting one: who was named last in the narration, or spoke lately."""
        wanted = _SEXES.get(pronoun, "") if self._has_she else ""
        if pronoun in ("i", "we", "they") or (len(pronoun) > 1 and not pronoun.isascii()):
            return Attribution(number, None, "none", "anaphoric", to)
        candidates = [one for one in self._recent(number) if one != to]
        last = self._done[number - 1].speaker if number else None
        if last in candidates[:-1] and self._leads[number].opens:
            candidates = [one for one in candidates if one != last] + [last or ""]
        knows = any(self._gender.get(one) for one in candidates) and wanted
        fitting = [one for one in candidates if not knows or self._gender.get(one, "") in (wanted, "")]
        sure = [one for one in fitting if self._gender.get(one) == wanted] if knows else []
        chosen = next(iter(sure or fitting), "")
        if not chosen:
            return Attribution(number, None, "none", "anaphoric", to)
        return Attribution(number, chosen, "pronoun", "anaphoric", to)

    def _recent(self, number: int) -> list[str]:
        """Return who was named or spoke before the quote `number`, the nearest first, each once."""
        lead = self._leads[number]
        out: list[str] = []
        named = [one.id for one in self._subjects.mentions(lead.before, lead.start) if not one.is_role]
        out += reversed(named)
        for earlier in range(number - 1, max(-1, number - _FAR // 2), -1):
            if self._quotes[earlier].paragraph < self._quotes[number].paragraph - _FAR:
                break
            speaker = self._done[earlier].speaker
            out += [speaker] if speaker else []
            before = self._leads[earlier]
            out += reversed([one.id for one in self._subjects.mentions(before.before) if not one.is_role])
        return list(dict.fromkeys(out))

    def _implicit(self, number: int, lead: Lead) -> Attribution:
        """No word of saying: the one who acts in the same paragraph, else whose turn it is of two."""
        if self._language == "zh" and lead.after and (found := self._acting(lead)) is not None:
            return Attribution(number, found.id, "beside", "implicit", None, (found.start, found.end))
        if not lead.opens:
            last = self._done[number - 1]
            method: Method = "goes_on" if last.speaker else "none"
            return Attribution(number, last.speaker, method, "implicit", last.addressee)
        return self._alternation(number)

    def _acting(self, lead: Lead) -> Mention | None:
        clause = lead.after_clause
        if not clause:
            return None
        subject = self._subjects.subject(clause, lead.end)
        return subject.mentions[0] if subject and subject.sure and len(subject.mentions) == 1 else None

    def _alternation(self, number: int) -> Attribution:
        """In a run of paragraphs in which two speak in turn, it is the other one's turn."""
        speakers: list[str] = []
        index = self._quotes[number].paragraph
        for earlier in range(number - 1, -1, -1):
            paragraph = self._quotes[earlier].paragraph
            if index - paragraph > 2 or self._done[earlier].speaker is None:
                break
            index = paragraph
            speaker = self._done[earlier].speaker or ""
            if not speakers or speakers[-1] != speaker:
                speakers.append(speaker)
            if len(speakers) == 4:
                break
        if (called := self._called_before(number)) is not None and speakers[:1] != [called]:
            return Attribution(number, called, "alternation", "implicit", next(iter(speakers), None))
        two = speakers[:2]
        if len(two) == 1 and (other := self._done[number - 1].addressee) and other != two[0]:
            two.append(other)
        if len(two) == 2 and len(set(speakers[:3])) == 2:
            return Attribution(number, two[1], "alternation", "implicit", two[0])
        return Attribution(number, None, "none", "implicit")

    def _called_before(self, number: int) -> str | None:
        """Return whom the speech of the paragraph right before calls by name: it is for them to answer."""
        if not number or self._quotes[number].paragraph - self._quotes[number - 1].paragraph > 2:
            return None
        before = self._quotes[number - 1].paragraph
        for earlier in range(number - 1, -1, -1):
            if self._quotes[earlier].paragraph != before:
                break
            if (called := self._vocative(self._quotes[earlier])) is not None:
                return called
        return None

    def _vocative(self, quote: Quote) -> str | None:
        """Return who is called by name at the beginning or the end of a speech."""
        body = self._text[quote.inner[0] : quote.inner[1]].strip()
        if self._language == "en":
            found = re.match(r"(?:[A-Za-z']+,\s+)?([A-Z][a-z]+)[,!]", body) or re.search(
                r",\s+([A-Z][a-z]+)[.!?]$", body
            )
            return self._ids.get(found.group(1)) if found else None
        for mention in self._subjects.mentions(body[:12]):
            if (
                mention.start <= 2
                and not mention.is_role
                and body[mention.start : mention.end] not in NARRATORS.values()
                and _VOCATIVE_END.match(body[mention.end : mention.end + 1])
            ):
                return mention.id
        return None

    def _likely_addressee(self, number: int, speaker: str) -> str | None:
        """The one who spoke right before, in the same talk."""
        if not number:
            return None
        last = self._done[number - 1]
        near = self._quotes[number].paragraph - self._quotes[number - 1].paragraph <= 2
        if not near or last.speaker is None:
            return None
        return last.addressee if last.speaker == speaker else last.speaker


def _not_to_oneself(found: Attribution, called: str) -> Attribution:
    """Who is called by name does not speak; of two in turn it is the other one then."""
    weak = found.method in ("goes_on", "pronoun", "beside", "alternation", "none")
    if found.speaker == called and found.method == "alternation":
        return replace(found, speaker=found.addressee, addressee=called)
    if found.speaker == called and weak:
        return replace(found, speaker=None, method="none", addressee=called)
    if found.speaker != called and (weak or found.addressee is None):
        return replace(found, addressee=called)
    return found


def _heard(clause: str) -> int:
    """Return where a tag begins of which somebody hears the words: 听贾母说道."""
    found = wording.HEARING.match(clause)
    return found.end() if found else 0
