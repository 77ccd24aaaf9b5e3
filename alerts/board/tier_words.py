"""The words of the acts that move a village's tier: report, order, lower, take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.tier import Tier
from pipeline.bulletin import Sighting


@dataclass(frozen=True, slots=True)
class TierWords:
    """One language's words.

    Attributes
    ----------
    saw : what can be seen, short enough for a button
    orders : what can be ordered, as the officers' colour and what people are told
    reasons : that are often given for an order, to be chosen instead of written
    """

    seen: str
    saw: Mapping[Sighting, str]
    brings: str
    brings_none: str
    raises: str
    more: str
    ago: str
    words: str
    order: str
    orders: Mapping[Tier, str]
    again: str
    reasons: tuple[str, ...]
    by_one: str
    repeated: str
    lower: str
    lower_to: str
    held: str
    over_rule: str
    ask_lower: str
    wrong: str
    retract: str
    asks_lower: str
    asks_retract: str


EN = TierWords(
    seen="Somebody sees water",
    saw={
        Sighting.RISING: "Rising",
        Sighting.AT_BRIDGE: "At the bridge",
        Sighting.OVER: "Over road or bridge",
        Sighting.IN_HOUSES: "In the houses",
        Sighting.DEBRIS: "Mud and stones",
        Sighting.CALM: "Calm",
    },
    brings="brings {colour}",
    brings_none="ends my report",
    raises="One press reports it. It raises at once, and lowers nothing.",
    more="Some minutes ago? More to say?",
    ago="Minutes since it was seen; empty: now",
    words="What else was said, and by whom; no telephone number",
    order="Order",
    orders={
        Tier.RED: "Red: move now",
        Tier.ORANGE: "Orange: prepare to move",
        Tier.YELLOW: "Yellow: stand by",
    },
    again="once more",
    reasons=(
        "the village called",
        "flooding upstream",
        "too much rain to wait",
        "ordered from above",
    ),
    by_one="It goes by your word alone, and no clock lowers it.",
    repeated="You have just ordered this. Nothing is said twice.",
    lower="Lower, or take back",
    lower_to="Lower to",
    held="held by a rule",
    over_rule="Held by a rule? Why it may fall all the same",
    ask_lower="Ask to lower",
    wrong="Sent in error? All who were told will hear so.",
    retract="Ask to take it back",
    asks_lower="{ref} asked at {time}: lower to {colour}.",
    asks_retract="{ref} asked at {time}: take back what was told; it was sent in error.",
)
ZH = TierWords(
    seen="现场看到的水情",
    saw={
        Sighting.RISING: "水在上涨",
        Sighting.AT_BRIDGE: "水已到桥",
        Sighting.OVER: "水漫路、漫桥",
        Sighting.IN_HOUSES: "水已进屋",
        Sighting.DEBRIS: "泥石流下来了",
        Sighting.CALM: "水势平稳",
    },
    brings="升至{colour}",
    brings_none="结束本人的报告",
    raises="按一下即上报：立即升级，不会降级。",
    more="不是刚才看到？还有补充？",
    ago="看到至今的分钟数；空白为现在",
    words="还说了什么、谁说的；不要写电话号码",
    order="下令",
    orders={
        Tier.RED: "红色：立即转移",
        Tier.ORANGE: "橙色：准备转移",
        Tier.YELLOW: "黄色：到岗待命",
    },
    again="再次下达",
    reasons=("村里来电", "上游来洪", "雨势过大，不能再等", "上级指令"),
    by_one="凭您一人即可下达，不会自动降级。",
    repeated="您刚下过同一指令，不会重复通知。",
    lower="降级或撤回",
    lower_to="降至",
    held="规则不允许",
    over_rule="规则不允许仍要降级？写明理由",
    ask_lower="申请降级",
    wrong="发错了？所有收到的人都会得到更正。",
    retract="申请撤回",
    asks_lower="{ref} {time} 申请：降至{colour}。",
    asks_retract="{ref} {time} 申请：撤回已发指令（误发）。",
)
FR = TierWords(
    seen="Quelqu’un voit l’eau",
    saw={
        Sighting.RISING: "Elle monte",
        Sighting.AT_BRIDGE: "Au pont",
        Sighting.OVER: "Sur la route ou le pont",
        Sighting.IN_HOUSES: "Dans les maisons",
        Sighting.DEBRIS: "Boue et pierres",
        Sighting.CALM: "Calme",
    },
    brings="donne {colour}",
    brings_none="clôt mon signalement",
    raises="Un appui signale. Le niveau monte aussitôt et ne baisse jamais ainsi.",
    more="Il y a quelques minutes ? Autre chose à dire ?",
    ago="Minutes depuis l’observation ; vide : maintenant",
    words="Ce qui a été dit d’autre, et par qui ; aucun numéro de téléphone",
    order="Ordonner",
    orders={
        Tier.RED: "Rouge : partir maintenant",
        Tier.ORANGE: "Orange : se préparer à partir",
        Tier.YELLOW: "Jaune : être à son poste",
    },
    again="redire",
    reasons=(
        "le village a appelé",
        "crue en amont",
        "trop de pluie pour attendre",
        "ordre reçu d’en haut",
    ),
    by_one="Votre parole suffit, et aucune horloge ne l’abaisse.",
    repeated="Vous venez de l’ordonner. Rien n’est dit deux fois.",
    lower="Abaisser ou retirer",
    lower_to="Abaisser à",
    held="retenu par une règle",
    over_rule="Retenu par une règle ? Pourquoi l’abaisser quand même",
    ask_lower="Demander d’abaisser",
    wrong="Envoyé par erreur ? Tous ceux qui l’ont reçu le sauront.",
    retract="Demander de retirer",
    asks_lower="{ref} a demandé à {time} : abaisser à {colour}.",
    asks_retract="{ref} a demandé à {time} : retirer l’ordre, envoyé par erreur.",
)
