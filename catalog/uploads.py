"""Uploads go from the socket into a sealed file: their plain bytes never touch the disk.

The file belongs to the request until a service adopts it (`adopt`); otherwise it is deleted when the request ends. The cap is the
request's, however many files it is cut into, and nobody who is not signed in writes anything: a form that asks for no file, the
sign-in page's among them, would take one all the same.
"""

from __future__ import annotations

import hashlib
import weakref
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from catalog.storage import UPLOADS, delete_sealed, new_name, sealed_output


class SealedUpload(UploadedFile):  # type: ignore[type-arg]  # generic only in the stubs
    """An upload that has arrived: its sealed name, size in bytes, and whether it went over the cap (then it is empty)."""

    def __init__(self, *, sealed_name: str, name: str, size: int, sha256: str, too_large: bool, **kwargs: Any) -> None:
        super().__init__(file=None, name=name, size=size, **kwargs)
        self.sealed_name, self.sha256, self.too_large = sealed_name, sha256, too_large
        self.adopted = False
        # Django closes the files of a request that it could read to its end; those of one that broke off are only dropped.
        self._discard = weakref.finalize(self, delete_sealed, UPLOADS, sealed_name)
        self._discard.atexit = False

    def adopt(self) -> str:
        """Keep the file; the caller now answers for it."""
        self.adopted = True
        self._discard.detach()
        return self.sealed_name

    def close(self) -> None:
        """Called by Django when the request ends."""
        self._discard()


class SealedUploadHandler(FileUploadHandler):
    """Write each chunk into a sealed file as it arrives."""

    chunk_size = 256 * 1024

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._earlier = 0  # bytes of the request's files before this one
        self._output: AbstractContextManager[BinaryIO] | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        user = getattr(self.request, "user", None)
        if user is not None and not user.is_authenticated:
            raise SkipFile
        self._sealed_name, self._digest, self._received, self._too_large = new_name(), hashlib.sha256(), 0, False
        self._output = sealed_output(UPLOADS, self._sealed_name)
        self._sink = self._output.__enter__()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._received += len(raw_data)
        # Past the cap the rest is read and thrown away: cutting the connection would show the user no reason.
        self._too_large = self._too_large or self._earlier + self._received > settings.UPLOAD_MAX_BYTES
        if not self._too_large:
            self._digest.update(raw_data)
            self._sink.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> SealedUpload | None:
        if self._output is None:
            return None
        self._output.__exit__(None, None, None)
        self._output, self._earlier = None, self._earlier + self._received
        return SealedUpload(
            sealed_name=self._sealed_name,
            name=cast(str, self.file_name),
            size=self._received,
            sha256=self._digest.hexdigest(),
            too_large=self._too_large,
            content_type=self.content_type,
            content_type_extra=cast(Any, self.content_type_extra),
        )

    def upload_interrupted(self) -> None:
        """The body ended too early, or its last file was not taken: leave nothing behind."""
        if self._output is not None:
            gone = ConnectionError("the upload ended too early")
            self._output.__exit__(ConnectionError, gone, None)
