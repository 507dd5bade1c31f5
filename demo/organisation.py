"""Found an organisation: its people, guidelines and library."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from content_library import item_media
from content_library.item_media import Chosen
from content_library.media import read_picture
from content_library.models import Item
from content_library.services import Content, Suggestion, archive_item, save_item
from demo import files
from demo.art import draw
from demo.story import PASSWORD, Story
from guidelines.models import Acknowledgement, GuidelineVersion
from guidelines.services import RuleText, write_guideline
from tenants.models import Membership, Tenant
from tenants.people import create_member, create_tenant
from tenants.scoping import acting_for

BEGINNING = timedelta(days=100)


def found(story: Story, dice: random.Random, now: datetime) -> Tenant:
    """Make the tenant and all that a programme needs before the first share."""
    about = story.tenant
    tenant = create_tenant(
        slug=about["slug"], name=about["name"], language=about["language"]
    )
    for name in ("hue", "help_name", "help_email"):
        setattr(tenant, name, about[name])
    tenant.save()
    for name, team, roles in story.people():
        create_member(
            tenant=tenant,
            email=story.email(name),
            name=name,
            roles=roles,
            team=team,
            password=PASSWORD if name in story.sign_ins.values() else None,
            staff=name == story.sign_ins["admin"],
        )
    with acting_for(tenant):
        Membership.objects.for_tenant(tenant).update(
            joined_at=now - BEGINNING, welcomed_at=now - BEGINNING
        )
        curator = named(story, tenant, "curator")
        lay_down_guidelines(story, tenant, curator, now - BEGINNING)
        for index, item in enumerate(story.items):
            add_item(item, index, story, curator, now)
    return tenant


def named(story: Story, tenant: Tenant, role: str) -> Membership:
    """Return the member who plays ``role`` in the demo."""
    members = Membership.objects.for_tenant(tenant).select_related("tenant", "user")
    return members.get(user__email=story.email(story.sign_ins[role]))


def lay_down_guidelines(
    story: Story, tenant: Tenant, curator: Membership, now: datetime
) -> None:
    """Publish the guidelines; everybody has read them."""
    told = story.guidelines
    write_guideline(
        by=curator,
        title=told["title"],
        introduction=told["introduction"],
        rules=[
            RuleText(rule["do"], rule["dont"], rule["example"])
            for rule in told["rules"]
        ],
        publish=True,
        now=now,
    )
    version = GuidelineVersion.objects.for_tenant(tenant).current().get()
    Acknowledgement.objects.bulk_create(
        Acknowledgement(tenant=tenant, version=version, membership=member, at=now)
        for member in Membership.objects.for_tenant(tenant)
    )


def add_item(
    told: dict[str, Any], index: int, story: Story, curator: Membership, now: datetime
) -> Item:
    """Put one item into the library, in the state and with the age the story gives it."""
    state, age = (
        told.get("state", "approved"),
        timedelta(days=told.get("age", 0), hours=index % 9),
    )
    starts, ends = told.get("starts"), told.get("ends")
    slug = story.tenant["slug"]
    item = save_item(
        by=curator,
        content=Content(
            title=told["title"],
            summary=told["summary"],
            why=told["why"],
            source_name=told["source"],
            source_url=f"https://www.{slug}.example/{index + 1:02d}",
            starts_at=now + timedelta(days=starts) if starts else None,
            ends_at=now + timedelta(days=ends) if ends else None,
            topics=told["topics"],
            suggested_texts=[Suggestion(text) for text in told["texts"]],
            media=keep_files(told, index, curator),
        ),
        picture=read_picture(draw(told["motif"], index + len(slug))),
        approve=state != "draft",
        now=now - age,
    )
    if state == "archived":
        archive_item(by=curator, item=item)
    Item.objects.for_tenant(curator.tenant_id).filter(pk=item.pk).update(
        created_at=now - age - timedelta(days=1), updated_at=timezone.now() - age
    )
    return item


def keep_files(
    told: dict[str, Any], index: int, curator: Membership
) -> list[Chosen] | None:
    """Keep the files that the story gives an item."""
    if "files" not in told:
        return None
    made = files.make(told["files"], told["motif"], told["title"], index)
    kept = [item_media.keep_upload(by=curator, upload=one) for one in made]
    return [Chosen(one.pk, told.get("shows", "")) for one in kept]
