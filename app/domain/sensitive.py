"""Words that say that data of social services or health care was entered, which Insats does not hold (SOC26, OSL 25-26).

A rule of few words and few false alarms: names of such files, statutes of care and coercion, diagnoses as codes. That a
report of concern was *made* may be recorded (who and when); what it says may not. Twin: `static/src/domain/sensitive.ts`;
both pass `tests/vectors/sensitive.json`.
"""

import re
from typing import Literal, TypeAlias

Field: TypeAlias = Literal["social", "health"]

_SOCIAL = (
    r"lvu|lvm|lss[ -](?:beslut|insats\w*|utredning\w*)",
    r"sol[ -](?:utredning\w*|ärende\w*|akt\w*|beslut\w*)",
    r"socialtjänst(?:en|ens)?s?[ -]?(?:akt\w*|journal\w*|utredning\w*|utred(?:er|de)|ärende\w*)",
    r"barnavårdsutredning\w*|familjehemsplacera\w*|hvb-?hem\w*|sis-hem\w*",
    r"(?:försörjningsstöd|ekonomiskt bistånd) (?:sedan|beviljat|beviljades|från socialtjänsten)",
)
_HEALTH = (
    r"icd(?:-?1[01])?[ :-]{1,3}[a-tv-z]\d\d(?:\.\d)?",
    r"(?:huvud|bi)?diagnos(?:en|er|kod(?:en)?)?[ :]{1,3}(?:[a-tv-z]\d\d(?:\.\d)?|är\b|med\b)|diagnos(?:ticerad|tiserad)\w*",
    r"(?:sjuk|patient)journal\w*|epikris\w*|läkarintyg\w*|sjukskriv\w*",
    r"(?:har|fått|lider av) (?:en )?(?:\w+ )?diagnos|psykiatrisk (?:vård|diagnos)|vårdas? enligt (?:lpt|lrv)|lpt|lrv",
    r"metadonbehandl\w*|substitutionsbehandl\w*|missbruksvård\w*",
)


def _whole_words(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(patterns)})(?![^\W_])", re.IGNORECASE)


_RULES: tuple[tuple[Field, re.Pattern[str]], ...] = (
    ("social", _whole_words(_SOCIAL)),
    ("health", _whole_words(_HEALTH)),
)


def field_of(text: str) -> Field | None:
    """Whose data the text seems to hold; None for what anybody may record."""
    return next((name for name, pattern in _RULES if pattern.search(text)), None)
