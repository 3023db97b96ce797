"""The demo's people use the REST API like any integrator: sign in, ask, and stop at the first refusal nobody expected."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

FINISHED = ("complete", "incomplete", "cancelled", "failed")


class Refused(Exception):
    """The API refused; carries its status and its words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(f"{status} {code}: {message}")


class Person:
    """One signed-in account."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.username, self._base = username, f"{address}/api/v1/"
        self._session = requests.Session()
        token = self.post("tokens/", {"username": username, "password": password})["token"]
        self.token = f"Token {token}"
        self._session.headers["Authorization"] = self.token

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, json=body or {})

    def upload(self, path: str, fields: dict[str, Any], name: str, content: bytes) -> Any:
        return self._call("POST", path, data=fields, files={"file": (name, content)})

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", path, json=body)

    def rows(self, path: str, **query: Any) -> list[Any]:
        """Every row of a paginated list."""
        found, page = [], 1
        while True:
            answer = self.get(path, **query, page=page, page_size=200)
            found += answer["results"]
            if not answer["next"]:
                return found
            page += 1

    def download(self, path: str) -> bytes:
        answer = self._session.get(self._base + path, timeout=300)
        self._raise_for(answer)
        return answer.content

    def wait_for(
        self, path: str, done: Callable[[Any], bool], watch: Callable[[Any], None], seconds: float = 600
    ) -> Any:
        """Ask again until `done`; `watch` sees every answer."""
        end = time.monotonic() + seconds
        while True:
            answer = self.get(path)
            watch(answer)
            if done(answer):
                return answer
            if time.monotonic() > end:
                raise TimeoutError(path)
            time.sleep(0.3)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        answer = self._session.request(
            method, self._base + path, timeout=300, headers={"Accept-Language": "en"}, **options
        )
        self._raise_for(answer)
        return answer.json() if answer.content else None

    @staticmethod
    def _raise_for(answer: requests.Response) -> None:
        if answer.ok:
            return
        try:
            error = answer.json()["error"]
        except (ValueError, KeyError):
            error = {"code": "no_answer", "message": answer.reason}
        raise Refused(answer.status_code, error["code"], f"{error['message']} {error.get('fields') or ''}".strip())
