"""What an English sentence still needs, by its last words."""

from __future__ import annotations

import re
from typing import Final

from companion.domain.ending_rules import compiled, dictated, first, one_of

_WHOLE: Final = one_of(
    "yes yeah yep yup no nope nah ok okay sure right exactly of_course maybe thanks thank_you hi hello hey "
    "bye goodbye good_?night good_morning please sorry stop wait what why where who when how really nothing "
    "nothing_much never always cool great nice wow oh_no not_really not_yet me_too me_neither same_here "
    "i_see i_know i_do i_am i_did i_will i_can i_don't i_don't_know i_think_so i_guess i_guess_so i_hope_so "
    "yes_i_do no_i_don't yes_please no_thanks go_on go_ahead hold_on come_on shut_up never_mind that's_it "
    "that's_all it_is it's_fine i'm_in i'm_on_it fine alright all_right absolutely definitely probably today "
    "tomorrow tonight yesterday now later mm-?hm+ uh-?huh hm+ mhm ha(?:ha)* don't_worry happy_birthday "
    "sure,?_why_not why_not"
)
_FILLER: Final = one_of(
    "um+ uh+ er+ erm hmm like you_know i_mean well so and but okay_so anyway actually basically let_me_see "
    "let_me_think how_do_i_put_this how_should_i_say_this the_thing_is yeah_so right_so so_yeah"
)
_PREPOSITION: Final = one_of(
    "about for from with to at of like in on up over after by into before through around near"
)
# Words that end no sentence, but for the cases above them.
_NEEDY: Final = one_of(
    "an? the my your his our their its every some any no this these those another each and or but because "
    "cause so if when while although though unless until since whether as than that which whose where of to "
    "in on at for from with by about into onto between among during without within against towards? through "
    "across behind beside under over after before around like via per except besides near is are was were am "
    "be been being will would could should might must may shall can has had have having do does did isn't "
    "aren't wasn't weren't won't wouldn't couldn't shouldn't can't doesn't didn't don't haven't hasn't "
    "(?:i'm|(?:you|we|they)'re|(?:he|she|it|that|there|what|who|let)'s) (?:i|we|you|they)'(?:ve|d|ll) "
    "(?:he|she)'(?:d|ll) very really quite pretty too most just only even still almost nearly such rather "
    "also always never not going gonna wanna gotta trying supposed able need want get got make made let give "
    "gave put take took called named um+ uh+ er well basically actually i we they he she who what how why "
    "ever"
)
_LEADING: Final = one_of(
    "i_think i_thought i_feel i_feel_like i_guess i_believe i_wonder i_was_thinking i_was_wondering "
    "do_you_think you_know i_mean i_heard i_heard_that i_hope it_seems it_looks_like sort_of kind_of kinda "
    "the_thing_is the_problem_is the_reason_is what_i_mean_is i_was_like i_just i_really in_order such_as "
    "for_example for_instance because_of instead_of as_well_as and_then so_then and_also other_than "
    "rather_than in_terms_of a_lot_of lots_of a_couple_of a_bit_of one_of some_of most_of the_first "
    "the_second the_most the_best the_other i_used_to i_want i_need i_love_it_when can_you could_you "
    "would_you will_you can_i could_i do_you did_you are_you is_it is_there have_you should_i should_we "
    "tell_me tell_me_about give_me show_me let_me help_me it's_like it_was_like it_depends speaking_of "
    "(?:did|do)n't_you_(?:say|think|know) maybe_(?:i|we|you)_(?:could|should|can) "
    "no_matter_what_(?:i|you|he|she|they)"
)
_PHRASAL: Final = one_of(
    "(?:come|log|stay|sleep|let_me|count_me|fit|give|move|drop|join|check|sign|bring_(?:it|them)|"
    "hand_(?:it|them))_in "
    "(?:go|come|hold|turn_(?:it|that|them)|hang|move|put_(?:it|them)|carry|what's_going|try_(?:it|them)|"
    "keep)_on "
    "(?:give|shut|wake|woke|get|got|hurry|what's|grow|grew|stand|hang|broke|show(?:ed)?|speak|cheer|"
    "pick_me|call_me)_up (?:made|mess(?:ed)?|clean(?:ed)?|look|pick)_(?:it|that)_up "
    "(?:it's|that's|game|start|i'm|all|come|think(?:ing)?_it)_over "
    "(?:look|turn(?:ed)?|went|walk(?:ed)?|hang|mess(?:ing)?)_around "
    "(?:think|talk|worry|forget|care|know|hear)_about_(?:it|that) (?:never|as|like)_before "
    "(?:day|year|week|month|ever|soon|right|shortly)_(?:after|before) stop_by"
)
_AUXILIARY: Final = (
    "(?:is|are|was|were|am|do|does|did|can|could|will|would|should|shall|have|has|had|may|might)(?:n't)?"
)
_PRONOUN: Final = r"(?:i|we|you|he|she|it|they)"
_SUBJECT: Final = rf"(?:{_PRONOUN}|that|there|people|(?:the|my|your|his|her|our|their) \w+)(?:'\w+)?"
_LINK: Final = r"(?:and |but |so |well,? |yeah,? |because )*"
_TIME: Final = one_of(
    "yesterday today tomorrow tonight last_(?:night|week|month|year|summer|time|\\w+day) "
    "this_(?:morning|afternoon|evening|year|week|weekend) the_other_day on_\\w+day one_(?:day|time) "
    "in_the_(?:morning|evening|end) at_(?:first|the_time|school|work) lately recently "
    "(?:the_first|every)_time"
)
_ADVERB: Final = one_of(
    "always usually often never rarely sometimes suddenly currently really actually kind_of sort_of still "
    "also just recently finally already basically literally mostly normally generally"
)
_DIGIT: Final = r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double)\b|\d"
_TENS: Final = one_of(
    "twenty thirty forty fifty sixty seventy eighty ninety hundred(?:_and)? thousand(?:_and)? point"
)

_RULES: Final = compiled(
    (
        (f"^{_WHOLE}$", 0.93),
        (f"^(?:{_FILLER}[,. …]*)+$", 0.06),
        # Short answers, and the end of a sentence that repeats another.
        (
            rf"^(?:(?:yes|yeah|no|nope|well|sure|so|and|but|of course|oh)[, ]+)?(?:{_PRONOUN}|that|this|there) "
            rf"(?:(?:really|probably|certainly|definitely|always|never|still) )?{_AUXILIARY}(?: not)?$",
            0.78,
        ),
        (
            rf"\b(?:told|said|thought|know|knew|hope|than|as|if|promised|sure) (?:\w+ )?{_PRONOUN} "
            r"(?:would|will|can|could|do|did|am|was|is)$",
            0.75,
        ),
        (
            r"^(?:that's|it's|you're|he's|she's|i'm|we're|they're|this is) "
            r"(?!(?:an?|the|\w+ly|not|so|very|just|going|like|in|on|at|my|your)$)\w+$",
            0.8,
        ),
        (
            r"\b(?:so|pretty|really|very|not|too|how) "
            r"(?:good|bad|well|tired|happy|sad|nice|cool|fun|busy|late|bored|sure)$",
            0.8,
        ),
        # Prepositions that have had their object.
        (rf"\b{_PHRASAL}$", 0.82),
        (
            rf"(?:^|[,.!?] ?|\b(?:and|so|but|well) )(?:what|where|who|which|how)(?:'s|'re| {_AUXILIARY}| on earth)?\b"
            rf".+ {_PREPOSITION}$",
            0.8,
        ),
        (
            rf"\b(?:that's|it's|is|know|see|wonder|remember) (?:what|who|where|how|which)\b.+ {_PREPOSITION}$",
            0.75,
        ),
        (
            r"(?:nothing|something|anything|someone|a lot|much|everything|good|nice|fun|hard|easy|people|one) "
            r"to (?:\w+ )?(?:about|for|with|to|at|on)$",
            0.7,
        ),
        # Questions that end in a verb or a pronoun.
        (rf"\b(?:who|what|where|how) {_AUXILIARY} (?:{_PRONOUN}|that|this)$", 0.85),
        (
            rf"^{_LINK}(?:what|where|who|how|which|why|when)\b.* "
            r"(?:think|want|need|mean|say|do|have|like|get|make|take|going|is it|are you|called)$",
            0.85,
        ),
        (
            r"\b(?:know|sure|remember|see|understand|guess|matter|wonder) (?:why|how|who|what|where|when)$",
            0.65,
        ),
        (
            rf"\b{one_of('(?:so|neither)_(?:do|am|did)_i like_(?:that|this) what_it_is who_i_am (?:as|how)_it_is')}$"
            r"|\b(?:think|hope|guess|say|said|believe|told you) so$"
            r"|\b(?:hope|guess|think|why|or|of course|certainly|probably) not$"
            rf"|\b{one_of('(?:me|you)_too any_?more (?:once|one|no|much)_more what_for as_well ever_since i_love_it')}$"
            rf"|\b{one_of('if_you_want(?:_to)? (?:a|one)_(?:second|minute) a_(?:lot|little|bit|few) the_same')}$",
            0.72,
        ),
        # Something is still to come.
        (
            rf"^{_LINK}{_PRONOUN}(?:'m|'re|'s)? (?:really |just )?\w+ly$"
            rf"|\b{_PRONOUN}(?:'m|'re|'s|'ve)?(?: {_AUXILIARY})? {_ADVERB}$",
            0.1,
        ),
        (
            r"\b(?:that|and|but|because|so) "
            r"(?:lately|recently|yesterday|today|tomorrow|now|sometimes|maybe|suddenly|usually)$",
            0.15,
        ),
        (
            r"(?<!what i )(?<!i )\b(?:told|asked|showed|taught|gave|sent|reminded) (?:me|us|him|her|them)$",
            0.4,
        ),
        (
            r"\b(?:an?|the|my|your|this|some|our|his|her) (?:(?:very|really|pretty|whole) )?"
            r"(?:new|old|big|small|good|nice|different|certain|great|other|first|second|next|best|only|kind|sort|type|"
            r"couple|bunch)$",
            0.15,
        ),
        (
            r"\bbeen (?:learning|doing|making|watching|reading|using|playing|planning|looking|writing|trying|"
            r"wondering|getting)$",
            0.35,
        ),
        (
            rf"^(?!.*\b(?:what|who|that|which|where|how)\b)(?!{_AUXILIARY} ).*\b{_PRONOUN} (?:\w+ )?(?:saw|met|found|"
            r"bought|told|asked|said|brought|noticed|visited|called|gave|sent|took|felt|heard|likes|wants|needs|says)$",
            0.25,
        ),
        (rf"\b{_LEADING}$", 0.1),
        (rf"\b(?:is|was|are|were|that's|it's|not|so|very|really|too|just|pretty) {_TENS}$", 0.4),
        (
            r"\b(?:do|love|like|want|need|take|see|prefer|choose|get|hate|mean|tried|know|about) "
            r"(?:this|these|those|some|any|more|both|another|each)$",
            0.6,
        ),
        (r"\b(?:can|could|will|would|should|did|do|does|is|are|was|have) (?:i|we|they|he|she)$", 0.15),
        (r"\b(?:than|like|(?<!long )(?<!soon )as|but|not|knows?|and) (?:him|her|me|us|them|you)$", 0.75),
        (r"\b(?:was|were|is|are|am|i'm|you're|we're|they're|he's|she's) (?:going|trying)$", 0.35),
        (r"\b(?:i|you|we|they|who) (?:really |still |just )?(?:want|need|get|got|have|took|made)$", 0.25),
        (r"\b(?:the|be|is|are|was|were|even|and|or|a lot) more$", 0.2),
        (rf"\b{_NEEDY}$", 0.08),
        # A time or a subject without a predicate.
        (
            rf"^{_LINK}(?:{_TIME},? ?)+$|^(?:{_TIME},? )?{_LINK}(?:{_TIME},? )?"
            r"(?:my|our|his|her|their|the|this|that) \w+$",
            0.25,
        ),
        (rf"^{_LINK}(?:{_TIME} )?(?:{_PRONOUN} and )?(?:me|my|his|her) and (?:my|his|her) \w+$", 0.15),
        (r"^(?:to be honest|honestly|by the way|first of all|for me|in my opinion|as for \w+)$|'s$", 0.15),
        (rf"\b{_TENS}$", 0.4),
    )
)
_PREFIX: Final = re.compile(
    rf"^(?:{one_of('you_know i_mean well so um+ uh+ like okay ok yeah right anyway actually oh')}\b[,. ]+)+"
    r"(?=\S+ \S)"
)
_OPENS: Final = re.compile(
    rf"^{_LINK}(?:{_TIME},? )?"
    + one_of(
        "as_long_as so_long_as in_case even_if only_if now_that if when whenever while although even_though "
        "unless once as_soon_as after before since every_time the_first_time until no_matter whatever"
    )
    + r"\b"
)
_INVERTED: Final = re.compile(rf"^{_LINK}when(?:ever)? {_AUXILIARY}\b")
_CLOSES: Final = re.compile(
    rf"\b{_SUBJECT} .*\b{_SUBJECT} \w+|, .*\w+ \w+|\b(?:then|let's|please|tell|call|what|could you|would you)\b"
)
_SETTING: Final = re.compile(
    rf"^{_LINK}(?:in|on|at|about|during|after|before|without|despite|apart from|instead of|because of|thanks to|"
    r"according to|as for|compared to) (?:\w+ ){2,}\w+$"
)
_HAS_PRONOUN: Final = re.compile(rf"\b{_PRONOUN}\b")
_ASKS: Final = re.compile(
    rf"(?:^|[,.!?] ?|\b(?:and|so|but|well|hey|okay|ok),? )"
    rf"(?:what|where|who|when(?= {_AUXILIARY}|'s)|why|how|which|whose|{_AUXILIARY} (?:{_SUBJECT}|this|any)\b)"
)


def english(body: str, *, is_asked: bool) -> float:
    """Return how likely `body`, in lower case and without marks at its end, is whole.

    `is_asked`: a question mark follows.
    """
    body = _PREFIX.sub("", body, count=1)
    number = dictated(
        body,
        subject=r"\b(?:number|phone|code|password|pin|zip|account|address|extension|card)\b",
        digit=_DIGIT,
        whole=10,
    )
    if number is not None:
        return number
    found = first(_RULES, body)
    if not is_asked and _is_left_open(body):
        return min(0.25, found or 1.0)
    if found is not None:
        return found
    if _SETTING.search(body) and not _HAS_PRONOUN.search(body):
        return 0.25
    if _ASKS.search(body):
        return 0.86
    return 0.62 if len(re.findall(r"[a-z']+|\d+", body)) < 3 else 0.72


def _is_left_open(body: str) -> bool:
    """Tell whether `body` is a condition or a time whose main clause is missing."""
    opener = _OPENS.match(body)
    if opener is None or _INVERTED.match(body):
        return False
    return not _CLOSES.search(body[opener.end() :])
