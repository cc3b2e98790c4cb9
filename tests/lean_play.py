"""Plays one scenario with a kind of Locust user and prints, as JSON, what it saw, what was fired, and the statistics.

``python -m tests.lean_play KIND HOST``, in a process of its own: importing Locust patches the whole process.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from locust import FastHttpUser, HttpUser
from locust.env import Environment
from locust.exception import LocustError, ResponseError

from tocsin.load.lean import LeanHttpUser

KINDS = {"http": HttpUser, "fast": FastHttpUser, "lean": LeanHttpUser}
META = ("request_type", "name", "response_length", "context", "url")

Seen = dict[str, Any]


def every_method(client: Any) -> Seen:
    """The same echo by all methods."""
    answers = {
        "get": client.get("/echo", name="echo"),
        "post": client.post("/echo", json={"a": [1, None]}, name="echo"),
        "put": client.put("/echo", data="text", name="echo"),
        "patch": client.patch("/echo", data={"form": "a b&c"}, name="echo"),
        "delete": client.delete("/echo", name="echo"),
        "options": client.options("/echo", name="echo"),
        "request": client.request("post", "/echo", data=b"\x00\xff", name="echo"),
    }
    seen = {name: [answer.json()[key] for key in ("method", "body")] for name, answer in answers.items()}
    seen["types"] = [answers[name].json()["headers"]["content-type"].split(";")[0] for name in ("post", "patch")]
    seen["head"] = [client.head("/echo").status_code, len(client.head("/echo").content or b"")]
    return seen


def answers(client: Any) -> Seen:
    """Statuses, bodies and codings."""
    seen: Seen = {}
    for path in ("/status/200", "/status/204", "/status/304", "/status/404", "/status/503", "/chunks", "/coded/gzip",
                 "/coded/deflate"):  # fmt: skip
        answer = client.get(path)
        seen[path] = [answer.status_code, (answer.content or b"").decode(), answer.text, answer.ok]
    seen["header"] = answer.headers["CONTENT-type"]
    return seen


def addresses(client: Any) -> Seen:
    """How URLs, parameters and headers arrive."""
    return {
        "params": client.get("/echo", params={"a": "x y", "b": [1, 2]}, name="p").json()["query"],
        "query": client.get("/echo?c=%20d&e", name="q").json()["query"],
        "path": client.get("/api/ü %41", name="r").json()["path"],
        "absolute": client.get(client.base_url + "/echo", name="abs").json()["path"],
        "header": client.get("/echo", headers={"X-Mine": "yes", "accept": "a/b"}, name="h").json()["headers"]["accept"],
        "auth": client.get("/echo", auth=("me", "secret"), name="auth").json()["headers"]["authorization"],
    }


def redirects(client: Any) -> Seen:
    """Redirects are followed, keep or lose the body, and can be left alone."""
    seen: Seen = {}
    for code in (301, 302, 303, 307, 308):
        answer = client.post(f"/redirect/{code}/2", json={"a": 1}, name=f"redirect {code}").json()
        seen[str(code)] = [answer["method"], answer["body"]]
    seen["left alone"] = client.get("/redirect/302/0", allow_redirects=False).status_code
    return seen


def cookies(client: Any) -> Seen:
    """Cookies are kept per path until they are taken back."""

    def sent() -> Any:
        return client.get("/echo", name="cookie").json()["headers"].get("cookie")

    before = sent()
    client.get("/in")
    signed_in = [sent(), sent()]
    client.get("/out")
    return {"before": before, "in": signed_in, "out": sent()}


def verdicts(client: Any) -> Seen:
    """``catch_response`` turns failures into successes and back; exceptions of the block go on."""
    with client.get("/status/404", catch_response=True, name="allowed") as response:
        response.success()
    with client.get("/status/200", catch_response=True, name="refused") as response:
        response.failure("not what I wanted")
    with client.get("/status/200", catch_response=True, name="refused 2") as response:
        response.failure(ValueError("mine"))
    with client.get("/status/503", catch_response=True, name="by status"):
        pass
    with client.get("/status/200", catch_response=True, name="raised"):
        raise ResponseError("in the block")
    seen: Seen = {}
    for name, act in {
        "other exception": lambda: _raise_within(client),
        "no catch_response": lambda: client.get("/status/200", name="no with").__enter__(),
        "no block": lambda: client.get("/status/200", catch_response=True, name="no block").success(),
    }.items():
        seen[name] = _kind_of_error(act)
    return seen


def renamed(client: Any) -> Seen:
    """Names and contexts."""
    with client.rename_request("together"):
        client.get("/status/200")
        client.get("/status/204")
    client.get("/status/200", name="with context", context={"more": 2})
    return {}


def broken(client: Any) -> Seen:
    """Nobody there, and nobody in time."""
    nobody = client.get("http://127.0.0.1:1/", name="nobody")
    return {"nobody": [nobody.status_code, nobody.content, nobody.text]}


SCENES: tuple[Callable[[Any], Seen], ...] = (
    every_method, answers, addresses, redirects, cookies, verdicts, renamed, broken,
)  # fmt: skip


def play(kind: str, host: str) -> Seen:
    """All scenes with one user."""
    fired: list[Seen] = []

    attributes = {"host": host, "context": lambda _self: {"user": 1}}
    player = type("Player", (KINDS[kind],), attributes)
    environment = Environment(user_classes=[player])
    environment.events.request.add_listener(lambda **meta: fired.append(_noted(meta)))
    environment.create_local_runner()
    user = player(environment)
    seen = {scene.__name__: scene(user.client) for scene in SCENES}
    seen["rest"] = _rest(user)
    entries = {
        f"{method} {name}": [entry.num_requests, entry.num_failures, entry.total_content_length]
        for (name, method), entry in environment.stats.entries.items()
    }
    errors = {f"{e.method} {e.name}": [str(e.error), e.occurrences] for e in environment.stats.errors.values()}
    return {"seen": seen, "fired": fired, "entries": entries, "errors": errors}


def _rest(user: Any) -> Seen:
    with user.rest("POST", "/echo", json={"a": 1}) as good:
        seen = {"js": good.js["body"]}
    with user.rest("GET", "/status/200", name="no json"):
        pass
    with user.rest("GET", "/echo", name="assertion") as response:
        assert response.js["method"] == "POST", "was no POST"
    with user.rest_("GET", "/echo") as response:
        seen["stamped"] = response.js["query"][0][0]
    return seen


def _noted(meta: Seen) -> Seen:
    noted = {key: meta[key] for key in META}
    exception = meta["exception"]
    noted["exception"] = None if exception is None else type(exception).__name__
    noted["well timed"] = meta["response_time"] > 0 and meta["start_time"] > 1e9
    noted["status"] = meta["response"].status_code
    noted["others"] = sorted(meta.keys() - {*META, "exception", "response", "response_time", "start_time"})
    return noted


def _raise_within(client: Any) -> None:
    with client.get("/status/200", catch_response=True, name="never reported"):
        raise KeyError("mine")


def _kind_of_error(act: Callable[[], Any]) -> str | None:
    try:
        act()
    except (LocustError, KeyError) as error:
        return type(error).__name__
    return None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(play(sys.argv[1], sys.argv[2])))
