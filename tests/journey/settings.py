"""The settings of the processes that a live test starts: the program's own, told by the environment where the test's data is.

Only the password hash is the tests' fast one: the people were made by the test process.
"""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
