"""Large uploads wait on the disk where they may stay, so that keeping one is a rename."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    TemporaryFileUploadHandler,
)


def upload_folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class WaitingUpload(TemporaryUploadedFile):
    """An upload on its way in; gone with the request unless somebody moves it."""

    def __init__(self, handler: FileUploadHandler) -> None:
        UploadedFile.__init__(
            self,
            tempfile.NamedTemporaryFile(  # noqa: SIM115  the request closes it
                suffix=".upload", dir=upload_folder()
            ),
            handler.file_name,
            handler.content_type,
            0,
            handler.charset,
            handler.content_type_extra,
        )


class WaitOnDisk(TemporaryFileUploadHandler):
    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = WaitingUpload(self)
