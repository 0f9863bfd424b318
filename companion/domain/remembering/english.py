"""Lasting statements of an English speaker about himself: clauses in the first person, nothing less certain."""

# ruff: noqa: E501 - a pattern broken over lines is harder to read than a long one
from __future__ import annotations

import re

from companion.domain.remembering.facts import Fact, Rule, found, rule

_SENTENCES = re.compile(r"(?:[^.!?;\n。！？；]|\.(?=[\w,]))+[.!?;\n。！？；]*")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|\*[^*]*\*|\([^)]*\)|(?<!\w)'[^']*'(?!\w)")
_OPENINGS = re.compile(
    r"^(?:(?:hi|hello|hey|oh|ah|um+|uh|well|so|actually|honestly|by the way|btw|anyway|you know|just so you know|fyi|to be honest|"
    r"and|but|also|because|since|no|yes|yeah|wait|sorry|correction|i mean|remember that|remember|please remember|don't forget|nowadays|"
    r"these days|in fact|for the record|the thing is|as of today|now|currently|let me tell you|i should tell you|i forgot to say)\b(?: there)?,?\s*)+",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:if|would|wish|could|might|maybe|perhaps|imagine|imagined|pretend|suppose|supposing|used to|dreamed|dreamt|dream|should have|"
    r"had been|as though|as if|unless|probably|hope|hopefully|almost|joking|kidding|once upon|in the (?:game|story|book|movie|film|novel)|"
    r"my character|role-?play|when i was)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:he|she|they|people|everyone|somebody|someone|mom|dad|mother|father|friend|boss|teacher|doctor|[A-Z][a-z]+)\s+"
    r"(?:says?|said|thinks?|thought|believes?|told|asks?|asked|claims?|claimed|guess(?:es|ed)?|wrote)\b"
)
_CUTS = re.compile(
    r",\s*(?:and|but|so)?\s*(?=(?:I|my|we|our|you|people|everyone|call|he|she|it|they|his|her|its)\b)|\s+(?:and|but)\s+(?=(?:I|my|we|our|she|he|it|they|you)\b)|\s*--?\s+|:\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:,?\s*(?:by the way|btw|actually|too|as well|though|you know|these days|nowadays|right now|now|at the moment|haha|lol|again))+$",
    re.IGNORECASE,
)

_REL = (
    "(?:older |younger |little |big |elder |twin |baby )?(?:sister|brother|daughter|son|mother|father|mom|mum|dad|grandmother|grandma|grandfather|"
    "grandpa|wife|husband|girlfriend|boyfriend|fianc[eé]e?|cousin|aunt|uncle|niece|nephew|roommate|best friend|partner|children|kids|child|kid)"
)
_ANIMAL = "(?:dog|cat|kitten|puppy|rabbit|hamster|parrot|turtle|tortoise|fish|goldfish|horse|bird|ferret|guinea pig|snake|lizard|corgi|husky|poodle|beagle)"
_JOB = (
    "(?:doctor|nurse|lawyer|teacher|programmer|software engineer|engineer|developer|designer|student|writer|author|journalist|editor|chef|cook|"
    "baker|driver|pilot|actor|actress|singer|musician|artist|painter|photographer|accountant|manager|architect|scientist|researcher|professor|"
    "dentist|vet|veterinarian|translator|librarian|pharmacist|carpenter|farmer|mechanic|electrician|plumber|firefighter|police officer|soldier|"
    "barista|bartender|waiter|waitress|consultant|analyst|therapist|psychologist|social worker|data scientist|freelancer|nun|priest|florist)"
)
_LANGUAGE = "(?:English|French|German|Spanish|Italian|Portuguese|Russian|Chinese|Mandarin|Cantonese|Japanese|Korean|Arabic|Hindi|Dutch|Polish|Swedish|Norwegian|Greek|Turkish|Latin|Welsh|Irish|sign language)"
_SKILL = "(?:the )?(?:piano|guitar|violin|cello|drums|painting|drawing|programming|Python|swimming|skiing|cooking|baking|chess|knitting|photography|yoga|calligraphy)"
_NAME = r"(?P<v>(?-i:[A-Z])[A-Za-z'-]+(?: (?-i:[A-Z])[A-Za-z'-]+)?|[\u4e00-\u9fff]{1,4})"
_PLACE = r"(?P<v>(?!the (?:moment|middle|past|present)|a (?:hurry|dream|lie|bubble|mess|fantasy|world|castle|second|minute|way|cave)|an? (?:era|age|hour)|my |this |that |here|there|fear|bed|hope|love|peace|pain)[A-Za-z][\w' -]{1,30}?(?:, (?-i:[A-Z])[\w ]{1,20}?)?)"
_ADV = r"(?:(?:really|also|still|just|actually|always|absolutely|truly|do|now|currently|recently|already|only|usually|especially|kind of|quite|finally|very much|secretly|definitely|particularly|mostly|have always|'ve always) )*"
_THING = r"(?P<v>(?!you\b|your\b|it\b|this\b|that\b|him\b|her\b|them\b|to know\b|how\b|what\b|when\b|where\b|being with\b|talking\b|to think\b|the way\b|my life\b|myself\b|us\b|to see you|to talk|hearing\b)[\w' -]{2,40}?)"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = rf"(?:the )?(?:{_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH})(?:,? \d{{4}})?"
_TIME = (
    rf"(?:(?:on )?{_DATE}|(?:on |this |next )?(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)|tomorrow|the day after tomorrow|tonight|"
    rf"(?:this|next) (?:week|weekend|month|year|spring|summer|autumn|fall|winter|semester)|in {_MONTH}|at Christmas|at Easter|over the holidays)"
    r"(?: (?:morning|afternoon|evening|night))?(?: at \d{1,2}(?::\d\d)?(?: ?[ap]m)?)?"
)
_EVENT = "(?:exam|interview|trip|wedding|surgery|operation|competition|concert|recital|match|game|presentation|thesis defen[cs]e|graduation|check-?up|dentist appointment|appointment|marathon|party|reunion|move|flight|test|audition)"
_END = r"(?: (?:now|any ?more|any longer|right now|at the moment|these days|lately))?"

_IM = "(?:I'm|I am|I’m)"
_IVE = "(?:I've|I have|I)"

RULES: tuple[Rule, ...] = (
    rule("name", rf"(?:my (?:real |full |first )?name(?:'s| is)|i'm called|i am called) (?:actually )?{_NAME}"),
    rule("called", rf"(?:(?:you can|please|just|my friends|everyone|people|everybody) )*(?:call|calls) me {_NAME}"),
    rule("called", rf"i (?:usually )?go by {_NAME}"),
    rule("birthday", rf"my birthday(?:'s| is)(?: actually)?(?: on)? (?P<v>{_DATE})"),
    rule("birthday", rf"i was born on (?P<v>{_DATE})"),
    rule("birth_year", r"i was born in (?P<v>(?:19|20)\d\d)"),
    rule("origin", rf"(?:{_IM} (?:originally )?from|i come from|i grew up in|i was (?:born|raised) in|my hometown is|i was born and raised in) {_PLACE}"),
    rule("age", rf"(?:{_IM}|i (?:just )?turned) (?:now )?(?P<v>\d{{1,2}}(?: years old)?)"),
    rule("sign", rf"{_IM} an? (?P<v>Aries|Taurus|Gemini|Cancer|Leo|Virgo|Libra|Scorpio|Sagittarius|Capricorn|Aquarius|Pisces)"),
    rule("blood", r"my blood type is (?P<v>(?:AB|A|B|O)(?: ?(?:positive|negative))?)"),
    rule("home", rf"{_IVE}(?: just| recently| finally| have)* moved (?:from [\w ]{{2,20}} )?(?:back )?to {_PLACE}(?: (?:last|this) (?:week|month|year)| recently)?"),
    rule("home", rf"(?:i {_ADV}live|{_IM} (?:now |currently )?living|we {_ADV}live) in {_PLACE}{_END}(?: with [\w ]+| since [\w ]+)?"),
    rule("job", rf"(?:{_IM}|i {_ADV}work as|i became|{_IM} working as|i got a (?:new )?job as)(?: now| actually)? an? (?P<v>(?:[a-z-]+ ){{0,2}}?{_JOB})(?: at [\w ]+| in [\w ]+)?"),
    rule("job", r"my job is (?P<v>[\w' ]{3,40})"),
    rule("job", rf"{_IM} (?P<v>retired|unemployed|self-employed)"),
    rule("job", r"i (?P<v>teach [\w ]{3,30})(?: at [\w ]+)?"),
    rule("workplace", rf"(?:i {_ADV}work|{_IM} working|i got a (?:new )?job|{_IVE} started working) (?:at|for|in) (?P<v>(?!home\b|night|the morning|progress)[\w' &-]{{2,40}}?){_END}"),
    rule("major", r"(?:i (?:study|major in)|i'm (?:studying|majoring in)|i am (?:studying|majoring in)|my major is) (?P<v>(?!hard|abroad|for|at|all)[a-zA-Z ]{3,30}?)(?: at [\w ]+)?"),
    rule("school", r"(?:i (?:study at|go to|attend)|i'm (?:studying at|a student at)) (?P<v>[\w' ]*?(?:University|College|School|Academy|Institute)[\w' ]*?)"),
    rule("family", rf"i (?:also )?have (?:an?|one|two|three|four|\d) (?P<k>{_REL})s?,? (?:named|called|whose name is) {_NAME}"),
    rule("family", rf"my (?P<k>{_REL})(?:'s name is| is called| is named) {_NAME}"),
    rule("family", rf"i (?:also )?have (?P<v>(?:an?|one|two|three|four|\d) (?P<k>{_REL}))s?"),
    rule("family", rf"{_IM} (?P<v>an only child|the (?:oldest|youngest) child)"),
    rule("family_job", rf"my (?P<k>{_REL}) (?:is|works as) (?P<v>an? (?:[a-z-]+ )?{_JOB})"),
    rule("family_home", rf"my (?P<k>{_REL})s? lives? in {_PLACE}"),
    rule("marital", rf"(?:{_IM}|i got|i just got) (?:now |still |happily |finally )?(?P<v>married|single|divorced|engaged|widowed)"),
    rule("pet", rf"(?:i|we) (?:also |just )?(?:have|got|adopted|own|keep) an? (?:[a-z-]+ )?(?P<k>{_ANIMAL}),? (?:named|called|whose name is|and (?:his|her|its) name is) {_NAME}"),
    rule("pet", rf"(?:my|our) (?P<k>{_ANIMAL})(?:'s name is| is called| is named) {_NAME}"),
    rule("pet", rf"(?:i|we) (?:also |just )?(?:have|got|adopted|own|keep) (?P<v>(?:an?|one|two|three|four|\d) (?:[a-z-]+ )?(?P<k>{_ANIMAL}))s?"),
    rule("no_allergy", rf"{_IM} (?:not|no longer) (?P<v>allergic to (?P<k>[\w ]{{3,25}}?)){_END}"),
    rule("allergy", rf"{_IM} (?:very |severely |badly )?allergic to (?P<k>(?P<v>[\w ]{{3,30}}))"),
    rule("allergy", r"i have an? (?P<v>(?P<k>[\w]{3,20}) allergy)"),
    rule("health", r"(?:i have|i've got|i suffer from|i was diagnosed with) (?P<k>(?P<v>asthma|diabetes|migraines?|insomnia|anxiety|depression|high blood pressure|epilepsy|arthritis|adhd|autism|tinnitus|eczema|an? heart condition|stage fright))"),
    rule("health", rf"{_IM} (?P<k>(?P<v>colou?r-?blind|left-handed|short-?sighted|near-?sighted|lactose intolerant|diabetic|deaf in one ear|pregnant|asthmatic))"),
    rule("diet", rf"{_IM} (?:an? )?(?P<v>vegan|vegetarian)(?: now)?"),
    rule("diet", r"i (?:don't|do not|never) (?P<v>eat meat)"),
    rule("habit", r"i (?:have |'ve )?(?:quit|stopped|gave up|given up) (?P<v>smoking|drinking|coffee)"),
    rule("favourite", r"my (?:all-time )?favou?rite (?P<k>[a-z ]{3,20}?)(?:'s| is| are)(?: now| still| definitely)? (?P<v>[\w' -]{2,40})"),
    rule("dislikes", rf"i {_ADV}(?:don't|do not|no longer|never) (?:really |much |particularly )?(?:like|enjoy|love|eat|drink|care for) {_THING}(?: (?:very much|at all|much))?{_END}", keyed=True),
    rule("dislikes", rf"i {_ADV}(?:hate|dislike|can't stand|cannot stand|detest|loathe) {_THING}{_END}", keyed=True),
    rule("fear", rf"{_IM} (?:very |really |terribly |a bit )?(?:afraid|scared|terrified) of (?P<v>(?!you|losing you|being|that|what)[\w ]{{3,25}})", keyed=True),
    rule("likes", rf"i {_ADV}(?:like|love|enjoy|adore|prefer|'m into) (?:to )?{_THING}(?: (?:very much|a lot|so much|the most))?", keyed=True),
    rule("likes", rf"{_IM} (?:really |totally |very )?(?:into|fond of|a (?:big |huge )?fan of|crazy about|obsessed with) {_THING}", keyed=True),
    rule("likes", r"my hobb(?:y is|ies are) (?P<v>[\w ,]{3,40})", keyed=True),
    rule("plan", rf"(?:i have|i've got|there's) (?P<v>(?:an?|my) (?:[a-z]+ )?(?P<k>{_EVENT})(?: (?:at|in|with|for) [\w ]{{2,20}}?)? {_TIME})"),
    rule("plan", rf"my (?:[a-z]+ )?(?P<k>{_EVENT}) (?:is|was moved to|has been moved to|got moved to|is now) (?P<v>{_TIME})"),
    rule("plan", rf"(?:{_IM} going to|i will|i'll|{_IM} planning to|i plan to|we're going to|we will) (?P<v>(?!bed|sleep|have dinner|eat|tell|try|think|miss|love)[\w' ]{{4,40}}? {_TIME})"),
    rule("plan", rf"{_IM} (?P<v>(?:flying|travelling|traveling|moving|going|starting|visiting|taking|getting married) [\w' ]{{0,30}}? ?{_TIME})"),
    rule("we", r"we(?:'re| are) (?:now |officially )?(?P<v>(?:best |good |old |close )?friends|a couple|partners|engaged|married|siblings|soulmates|together)(?: now)?", kind="relationship"),
    rule("we", r"you(?:'re| are) my (?P<v>girlfriend|boyfriend|wife|husband|best friend|sister|brother|partner|teacher|student)(?: now)?", kind="relationship"),
    rule("anniversary", rf"our anniversary(?:'s| is)(?: on)? (?P<v>{_DATE})", kind="relationship"),
    rule("promise", r"i(?:'ve| have)? promised?(?: you)? (?:that )?(?P<v>(?:i'll |to )[\w' ]{4,50})", kind="relationship", keyed=True),
    rule("promised", r"you(?:'ve)? promised(?: me)? (?:that )?(?P<v>(?:you'd |to )[\w' ]{4,50})", kind="relationship", keyed=True),
    rule("has", r"i (?:own|drive|ride|bought|just bought|got myself) (?P<v>an? (?:[\w-]+ ){0,3}?(?P<k>car|bike|bicycle|motorbike|motorcycle|boat|house|flat|apartment|piano|guitar|telescope|camera|van|truck|farm))"),
    rule("has", r"my (?P<k>car|bike|bicycle|motorbike|phone|camera|guitar) is (?P<v>an? [\w -]{3,30})"),
    rule("mother_tongue", rf"my (?:native language|mother tongue|first language) is (?P<v>{_LANGUAGE})"),
    rule("language", rf"i (?:also |can )*speak (?:fluent |a little |some )?(?P<k>(?P<v>{_LANGUAGE}(?:(?:,| and|, and) {_LANGUAGE})*))"),
    rule("learning", rf"(?:{_IM} (?:learning|studying)|i started (?:learning|to learn)|i'm taking) (?:how to play |to play )?(?P<k>(?P<v>{_LANGUAGE}|{_SKILL}))(?: lessons)?"),
)  # fmt: skip


def facts_in(text: str) -> list[Fact]:
    """Return what the clauses of `text` tell, in their order; nothing that is asked, supposed, quoted or reported."""
    facts: list[Fact] = []
    plain = text.replace("’", "'")
    for sentence in _SENTENCES.findall(_QUOTED.sub("", plain)):
        body = sentence.strip()
        if "?" in body[-4:] or "？" in body[-4:] or _UNREAL.search(body) or _REPORTED.search(body):
            continue
        for raw in _CUTS.split(body):
            clause = _TAIL.sub("", _OPENINGS.sub("", raw.strip(" .,!;\n。！；")))
            fact = found(RULES, clause.strip(" ,"), "en", "")
            if fact is not None:
                facts.append(fact)
    return facts
