"""What runs later for notices. Each task calls one function."""

from celery import shared_task

from notifications import keeping, mailing


@shared_task(name="notifications.mail_unseen", expires=300)
def mail_unseen(**_later: object) -> None:
    mailing.mail_unseen()


@shared_task(name="notifications.keep_house", expires=3600)
def keep_house(**_later: object) -> None:
    keeping.forget_old()
