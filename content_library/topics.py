"""Topics: one name each, however it is typed."""

from collections.abc import Iterable
from uuid import UUID

from content_library.models import Item, ItemTopic, Topic

LONGEST = 60
MOST = 8


def tidy(names: Iterable[str]) -> list[str]:
    """Return the names without spare spaces and repetitions, in the order given."""
    seen: dict[str, str] = {}
    for name in names:
        name = " ".join(name.split())
        if name:
            seen.setdefault(name.casefold(), name)
    return list(seen.values())


def find_or_make_topics(tenant_id: UUID, names: Iterable[str]) -> list[Topic]:
    """Return the tenant's topics of these names; an existing one keeps its spelling."""
    wanted = tidy(names)
    known = by_name(tenant_id)
    missing = [name for name in wanted if name.casefold() not in known]
    if missing:
        # Somebody else may make the same topic at this moment; then theirs is taken.
        made = (Topic(tenant_id=tenant_id, name=name) for name in missing)
        Topic.objects.bulk_create(made, ignore_conflicts=True)
        known = by_name(tenant_id)
    return [known[name.casefold()] for name in wanted]


def by_name(tenant_id: UUID) -> dict[str, Topic]:
    topics = Topic.objects.for_tenant(tenant_id)
    return {topic.name.casefold(): topic for topic in topics}


def put_topics(item: Item, topics: Iterable[Topic]) -> None:
    """Let the item be about exactly these topics."""
    wanted = {topic.pk: topic for topic in topics}
    rows = ItemTopic.objects.for_tenant(item.tenant_id).filter(item=item)
    rows.exclude(topic__in=wanted).delete()
    ItemTopic.objects.bulk_create(
        [
            ItemTopic(tenant_id=item.tenant_id, item=item, topic=topic)
            for topic in wanted.values()
        ],
        ignore_conflicts=True,
    )
