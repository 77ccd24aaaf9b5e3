"""Who had a part in an episode: was called, answered, or did something by hand."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alerts.tables import acknowledgement, delivery, episode, message, officer_action


def called(connection: Connection, episode_id: str) -> frozenset[str]:
    """Return the references of all whom an episode's record names."""
    own = select(message.c.message_id).where(message.c.episode_id == episode_id)
    answers, deeds = acknowledgement.c, officer_action.c
    asked = (
        select(delivery.c.contact_ref).where(delivery.c.message_id.in_(own)),
        select(answers.contact_ref).where(answers.episode_id == episode_id),
        select(answers.by_ref).where(answers.episode_id == episode_id),
        select(deeds.by_ref).where(deeds.episode_id == episode_id),
    )
    return frozenset(ref for one in asked for ref in connection.execute(one).scalars())


def is_known(connection: Connection, episode_id: str) -> bool:
    """Tell whether there is such an episode."""
    found = select(episode.c.episode_id).where(episode.c.episode_id == episode_id).limit(1)
    return connection.execute(found).first() is not None
