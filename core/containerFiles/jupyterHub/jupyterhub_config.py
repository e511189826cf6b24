# JupyterHub for the users of users.json: their passwords are the only way in,
# and each has a system user and a home folder of the same name.
#
# Beside it lie settings.json and users.json; state.sqlite and the random part
# of the cookie secret are kept in the volume on /srv/berth-hub.
import hashlib
import hmac
import importlib.util
import json
import os
import pwd
import secrets
import subprocess
import sys

from jupyterhub.auth import Authenticator

HERE = "/etc/berth-hub"
STATE = "/srv/berth-hub"

c = get_config()  # noqa: F821

with open(f"{HERE}/settings.json") as file:
    SETTINGS = json.load(file)
with open(f"{HERE}/users.json", "rb") as file:
    USERS_TEXT = file.read()
USERS = json.loads(USERS_TEXT)

if not any(importlib.util.find_spec(name) for name in ("jupyterlab", "notebook")):
    sys.exit(
        "berth: this image has JupyterHub, but no server for its users; build one with a Dockerfile of two lines: "
        '"FROM <this image>", "RUN pip install jupyterlab"'
    )


def matches(stored, password):
    _, salt, digest = stored.split(":")
    known = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=64, maxmem=2**26)
    return hmac.compare_digest(known.hex(), digest)


# For names that nobody has: how long an answer takes must not tell which there are.
NOBODY = f"scrypt:{secrets.token_hex(12)}:{secrets.token_hex(64)}"


class GivenUsers(Authenticator):
    async def authenticate(self, handler, data):
        name = data["username"]
        right = matches(USERS.get(name, NOBODY), data["password"])
        return name if right and name in USERS else None

    def add_user(self, user):
        # Somebody of an earlier time, whom the database still knows.
        if user.name not in USERS:
            raise ValueError(f"{user.name} is no longer a user")
        super().add_user(user)


def owner_of(home):
    """The number that a home's files belong to; None for a home that is not there."""
    if not os.path.isdir(home):
        return None
    uid = os.stat(home).st_uid
    if uid < 1000:
        sys.exit(f"berth: {home} belongs to the system's user {uid}; give it to a number from 1000 on, with chown -R")
    return uid


def make_user(name):
    known = [user for user in pwd.getpwall() if user.pw_name == name]
    if known:
        if known[0].pw_uid < 1000:
            sys.exit(f"berth: {name} is a user of the image's system; choose another name")
        return
    home = f"/home/{name}"
    # The home folder outlives the container, and so do those of former users: their numbers are not given away.
    uid = owner_of(home)
    if uid is None:
        taken = [os.stat(entry).st_uid for entry in os.scandir("/home")] + [user.pw_uid for user in pwd.getpwall()]
        uid = 1 + max([999, *(number for number in taken if number < 60000)])
    subprocess.run(
        ["useradd", "--create-home", "--home-dir", home, "--shell", "/bin/bash"]
        + ["--user-group", "--uid", str(uid), "--non-unique", name],
        check=True,
    )
    os.chmod(home, 0o700)


for name in sorted(USERS):
    make_user(name)

# Everybody logs in again when somebody's password has changed, or somebody is gone.
os.makedirs(STATE, mode=0o700, exist_ok=True)
random = f"{STATE}/cookie_secret"
if not os.path.exists(random):
    with open(os.open(random, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(32))
with open(random, "rb") as file:
    c.JupyterHub.cookie_secret = hmac.digest(file.read(), USERS_TEXT, "sha256")

c.JupyterHub.db_url = f"sqlite:///{STATE}/state.sqlite"
c.JupyterHub.bind_url = SETTINGS["bindUrl"]
if SETTINGS["tls"]:
    c.JupyterHub.ssl_cert = f"{HERE}/certificate.pem"
    c.JupyterHub.ssl_key = f"{HERE}/key.pem"

c.JupyterHub.authenticator_class = GivenUsers
c.Authenticator.allowed_users = set(USERS)
c.Authenticator.admin_users = set(SETTINGS["admins"])
c.Authenticator.delete_invalid_users = True
# An admin can look into the servers of others (the note's admin_access).
if SETTINGS["adminAccess"]:
    c.JupyterHub.load_roles = [
        {
            "name": "berth-admin-access",
            "scopes": ["access:servers"],
            "users": SETTINGS["admins"],
        }
    ]

c.Spawner.notebook_dir = SETTINGS["notebookDir"]
c.Spawner.default_url = "/lab" if importlib.util.find_spec("jupyterlab") else "/tree"
# A server starts without the container's variables, and finds no GPU then.
c.Spawner.env_keep.extend(name for name in os.environ if name == "LD_LIBRARY_PATH" or name.startswith(("CUDA", "NVIDIA_")))
