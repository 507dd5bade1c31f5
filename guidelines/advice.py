"""What makes guidelines hard to follow: too many, too long, without an example."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guidelines.services import RuleText

MANY_RULES = 10
MANY_WORDS = 300


def words(introduction: str, rules: Sequence[RuleText]) -> int:
    """Return how many words a member has to read."""
    texts = [introduction]
    for rule in rules:
        texts += [rule.do, rule.dont, rule.example]
    return sum(len(text.split()) for text in texts)


def advise(introduction: str, rules: Sequence[RuleText]) -> list[str]:
    """Return what the curator should think about; nothing of it forbids to publish."""
    advice = []
    if len(rules) > MANY_RULES:
        advice.append(
            _("%(count)s rules are more than people remember. Keep the best %(most)s.")
            % {"count": len(rules), "most": MANY_RULES}
        )
    count = words(introduction, rules)
    if count > MANY_WORDS:
        advice.append(
            _("%(count)s words take too long to read. Try to stay below %(most)s.")
            % {"count": count, "most": MANY_WORDS}
        )
    bare = [
        str(number)
        for number, rule in enumerate(rules, 1)
        if rule != RuleText("") and not rule.example
    ]
    if bare:
        sentence = ngettext(
            "Rule %(numbers)s has no example. An example is what people remember.",
            "Rules %(numbers)s have no example. An example is what people remember.",
            len(bare),
        )
        advice.append(sentence % {"numbers": ", ".join(bare)})
    return advice
