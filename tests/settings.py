"""The settings of the test run: the program's own, with a data folder and secrets of their own and a fast password hash."""

import atexit
import os
import shutil
import tempfile

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="canglang-test-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ["SECRET_KEY"] = "only for tests"
os.environ["CANGLANG_KEK"] = "dGVzdHMgdXNlIHRoaXMgd3JhcHBpbmcga2V5IG9ubHk="
os.environ.setdefault("JOB_QUEUE", "canglang-test")

from config.settings import *  # noqa: E402, F403

# Hundreds of accounts are made; a slow hash protects nobody here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
# Else every test client would read all static files before its first request: a third of the time of a page.
WHITENOISE_AUTOREFRESH = True
