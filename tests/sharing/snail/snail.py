"""Snail: a network that exists in tests alone. It takes a post, and takes its time."""

from datetime import timedelta

from sharing.connectors import errors
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.media import Kind, Rule
from sharing.connectors.types import Limits, NotYet, Pending, Posted, Profile

API = "https://api.snail.example"


class Snail(OAuth2Connector):
    slug = "snail"
    label = "Snail"
    icon = "M4 4h16v16H4z"
    limits = Limits(
        max_chars=500, media=(Rule(Kind.IMAGE, ("image/jpeg",), most=2, least_side=20),)
    )
    scopes = ("post",)
    AUTHORIZE_URL = "https://snail.example/authorize"
    TOKEN_URL = f"{API}/token"
    refreshable = True
    refresh_grace = timedelta(minutes=10)
    finds = True
    pending_for = timedelta(hours=2)

    def compose(self, text, link, source_url="", *, has_media=False):
        text = super().compose(text, link, source_url)
        return text if not link or link in text else f"{text} {link}"

    def prepare(self, tokens, profile_id, post, progress):
        if "picture" not in post.options:
            return None
        if not progress.get("upload"):
            made = self.call("POST", f"{API}/uploads", tokens=tokens)
            progress.keep(upload=made.json()["id"])
        upload = f"{API}/uploads/{progress.get('upload')}"
        state = self.call("GET", upload, tokens=tokens).json()
        if state.get("is") == "gone":
            progress.start_anew()
        return None if state.get("is") == "ready" else NotYet(state.get("after"))

    def send(self, tokens, profile_id, post, deadline):
        answer = self.call(
            "POST",
            f"{API}/posts",
            tokens=tokens,
            body={
                "text": post.text,
                "pictures": [one.alt for one in post.media],
                **post.made,
            },
            creates=True,
            deadline=deadline,
        )
        if not answer.json().get("job"):
            raise self.unproven()
        return self.read(answer.json())

    def poll(self, tokens, profile_id, handle, deadline):
        answer = self.call(
            "GET", f"{API}/jobs/{handle['job']}", tokens=tokens, deadline=deadline
        )
        return self.read(answer.json())

    def read(self, said):
        if said.get("state") == "refused":
            raise self.error(errors.Refused, "%(network)s found the picture too small.")
        if said.get("state") == "out":
            return Posted(said["id"], self.permalink(said["id"]))
        if not said.get("job"):
            raise self.odd()
        return Pending({"job": said["job"]}, after=said.get("after"))

    def find(self, tokens, profile_id, post, since):
        found = self.call("GET", f"{API}/posts", tokens=tokens).json()["posts"]
        ids = [one["id"] for one in found if one["text"] == post.text]
        return Posted(ids[0], self.permalink(ids[0])) if ids else None

    def profile(self, tokens):
        return Profile("7", "ana", "Ana")

    def permalink(self, remote_id, handle=""):
        return f"https://snail.example/p/{remote_id}"


connector = Snail
