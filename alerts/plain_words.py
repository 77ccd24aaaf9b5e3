"""Words of last resort, in English, for a language whose approved templates cannot be used."""

from __future__ import annotations

from alerts.templates import (
    CODES,
    SPOKEN,
    SPOKEN_LATER,
    WITHOUT_PLAN,
    Cap,
    Clock,
    Notices,
    Saying,
    Template,
    Templates,
    Words,
)
from alerts.tier import Action
from pipeline.world import Mode

URGE = {
    Action.STAND_BY: "STAND BY",
    Action.PREPARE: "GET READY TO LEAVE",
    Action.MOVE: "LEAVE NOW",
    Action.REFUGE: "GO TO THE REFUGE NOW",
    Action.STAND_DOWN: "NO NEED TO STAND BY",
    Action.RETURN: "YOU MAY RETURN HOME",
    Action.RETRACT: "SENT IN ERROR, NO DANGER IS KNOWN",
}


def plain_templates(language: str, site_name: str) -> Templates:
    """Return templates that say the necessary, in English whatever the language asked for."""
    texts = {action: _text(urge) for action, urge in URGE.items()}
    sayings = {action: _saying(urge) for action, urge in URGE.items()}
    return Templates(
        language=language,
        source=site_name,
        contact="the duty officer",
        marks={Mode.EXERCISE: "EXERCISE", Mode.REPLAY: "REPLAY"},
        villager={action: texts[action] for action in (*SPOKEN, *SPOKEN_LATER)},
        without_plan={action: texts[action] for action in WITHOUT_PLAN},
        officer=Template(subject="{{ village }}: {{ tier }}", body=OFFICER),
        cap=Cap(
            event="Flash flood",
            headline="Flash flood: {{ village }}: {{ signal_word }}",
            description="Flash flood danger at {{ village }}, known at {{ at }}.",
            instruction="Follow the duty officers of {{ source }}.",
            ended="The flash flood message for {{ village }} has ended",
            note="Exercise {{ world }}: nobody moves on this message.",
        ),
        clock=Clock(plain="{time}", after_midnight="{time}", first="{time}", second="{time}"),
        sms=sayings,
        voice=sayings,
        words=Words(
            **{name: {code: _word(code) for code in codes} for name, codes in CODES.items()}
        ),
    )


OFFICER = """{{ source }}: {{ village }}: {{ tier }}, before {{ previous }}. Known at {{ at }}.
{% for order in orders %}
{{ order.place }}: {{ order.action }}{% if order.to %}, {{ order.to }}{% endif %}

{% endfor %}
Level {{ level }}; data {{ data_state }}."""


SILENT = """{{ source }}
Nothing from {% if feed %}feed {{ feed }}{% else %}any station of {{ township }}{% endif %} \
since {{ since }} ({{ stations }} silent); as of {{ at }}.
Villages blind by it: {{ blind }}; seen in part: {{ degraded }}. No village was told of it.
WHAT CANNOT BE SEEN IS NOT CALM: call whoever sends it; in rain, send eyes to the water."""
HEARD = """{{ source }}
{% if feed %}Feed {{ feed }}{% else %}{{ township }}{% endif %} is heard again as of {{ at }}; \
silent since {{ since }}.
Of its villages still blind: {{ blind }}; seen in part: {{ degraded }}."""
_NAMED = "{% if feed %}Feed {{ feed }}{% else %}Stations of {{ township }}{% endif %}"
PLAIN_NOTICES = Notices(
    silent=Template(subject=_NAMED + ": silent since {{ since }}", body=SILENT),
    heard=Template(subject=_NAMED + ": heard again", body=HEARD),
)
"""Sent where templates have no text of their own."""


PLAIN_ASK = Template(
    subject="{{ village }}: {{ tier }}: yes or no?",
    body="""{{ source }}: {{ village }}: {{ tier }}, before {{ previous }}. Known at {{ at }}.
The village is told at {{ goes_at }}. Approve, and it goes now; refuse with a reason, and it is \
held back.""",
)
"""Sent where templates have no question of their own."""


PLAIN_CALL = Template(
    subject="No answer: {% for item in items %}{{ item.village }}"
    "{% if item.place != item.village %}, {{ item.place }}{% endif %}"
    "{% if item.missing == 'help' %} (HELP ASKED){% endif %}{{ '; ' if not loop.last }}"
    "{% endfor %}",
    body="""{{ source }}
{% for item in items %}
- {{ item.village }}, {{ item.place }}: {{ item.action }}, {{ item.minutes }} minutes ago. \
{% if item.missing == 'help' %}THEY ASK FOR HELP.{% elif item.missing == 'received' %}NOBODY HAS \
ANSWERED.{% elif item.missing == 'on_site' %}Nobody says to be on site.{% elif item.missing == \
'moved' %}Nobody says that the first have left.{% else %}Not all are counted.{% endif %}

{% endfor %}
Ring them, or send somebody; write down on the board what they say.""",
)
"""Sent where templates have no text of their own."""


def _text(urge: str) -> Template:
    body = (
        "{{ source }}: {{ village }}, {{ place }}: " + urge + " ({{ at }})."
        "{% if to %} To: {{ to }}.{% endif %}{% if way %} By: {{ way }}.{% endif %}"
        "{% if by %} Before {{ by }}.{% endif %}{% if alone %} {{ alone }}{% endif %}"
        " Answer {{ contact }}."
    )
    return Template(subject="{{ village }}: " + urge, body=body)


def _saying(urge: str) -> Saying:
    return Saying(
        text="{{ village }}{% if place != village %}, {{ place }}{% endif %}: " + urge + "."
        "{% if to %} To: {{ to }}.{% endif %}{% if way %} By: {{ way }}.{% endif %}"
        "{% if avoid %} Not by: {{ avoid }}.{% endif %}{% if by %} Before {{ by }}.{% endif %}"
        "{% if alone %} {{ alone }}{% endif %}"
    )


def _word(code: str) -> str:
    return code.replace("_", " ")
