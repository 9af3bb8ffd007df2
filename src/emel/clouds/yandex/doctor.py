"""What stands between a project and its first deploy. Nothing is changed; every look is a call that reads.

Roles are read from the folder's own bindings, where whoever is signed in may see them and is known to be a
service account; else what may be read is tried, and what may be changed shows at the first deploy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import msgspec
from yandex.cloud.resourcemanager.v1.cloud_service_pb2_grpc import CloudServiceStub
from yandex.cloud.resourcemanager.v1.folder_service_pb2 import GetFolderRequest
from yandex.cloud.resourcemanager.v1.folder_service_pb2_grpc import FolderServiceStub
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

from emel.clouds.yandex.account_use import account_use
from emel.clouds.yandex.bucket_reading import reading
from emel.clouds.yandex.compute_doctor import ROLES, look_at_machines
from emel.clouds.yandex.compute_places import Places
from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.logs import YandexLogs
from emel.clouds.yandex.quotas import find_quota
from emel.clouds.yandex.runtimes import usable
from emel.clouds.yandex.scaling import FUNCTIONS, INSTANCES, REQUESTS
from emel.clouds.yandex.session import Session
from emel.clouds.yandex.storage import Models, Uploads
from emel.errors import EmelError
from emel.records import Bundle, Finding, YandexSettings
from emel.system.clock import Clock
from emel.system.http import Http

CLOCK_SECONDS = 60.0
"""How far the clock may be off before the claim of a service account's key is at risk."""
BIND = (
    "yc resource-manager folder add-access-binding {folder} --role {role} --subject serviceAccount:{account}"
)
# Documentation, «Access management» of each service: the role, and those that hold it too.
NEEDED = (
    ("functions.editor", ("functions.admin", "editor", "admin"), "functions, versions, tags, scaling"),
    ("logging.reader", ("logging.editor", "viewer", "editor", "admin"), "emel logs, emel status"),
)
PUBLIC = ("functions.admin", ("admin",), "letting anyone call the function: [yandex] public")


class YandexDoctor:
    """See emel.clouds.base.Doctor."""

    def __init__(
        self,
        session: Session,
        inventory: Inventory,
        settings: YandexSettings,
        uploads: Uploads,
        models: Models,
        logs: YandexLogs,
        places: Places,
        *,
        http: Http,
        clock: Clock,
        env: Mapping[str, str],
    ) -> None:
        self._session = session
        self._inventory = inventory
        self._settings = settings
        self._uploads = uploads
        self._models = models
        self._logs = logs
        self._places = places
        self._http = http
        self._clock = clock
        self._env = env

    def examine(self, bundle: Bundle | None) -> Iterator[Finding]:
        yield self._look("clock", self._clock_is_right)
        signed_in = self._look("sign-in", self._signed_in)
        yield signed_in
        if not signed_in.ok:
            return
        folder = self._look("folder", self._folder)
        yield folder
        if not folder.ok:
            return
        yield self._look("functions", self._functions)
        yield from self._roles()
        yield self._look("runtimes", self._runtimes)
        yield self._look("bucket", self._bucket)
        if bundle is not None:
            yield self._look("bundle", partial(self._takes, bundle))
        if self._settings.bucket and self._settings.service_account:
            yield self._reading(bundle, self._settings.bucket, self._settings.service_account)
        yield self._look("log group", self._log_group)
        for quota, what in (
            (FUNCTIONS, "functions in the cloud"),
            (INSTANCES, "instances in a zone"),
            (REQUESTS, "requests in a zone"),
        ):
            yield self._look(f"quota: {what}", partial(self._quota, quota))
        yield from look_at_machines(self._places, self._limit)

    def _look(self, what: str, look: Callable[[], Finding | str]) -> Finding:
        """What a look finds: words when all is well, and the error's own when it is not."""
        try:
            found = look()
        except EmelError as problem:
            return Finding(what=what, ok=False, detail=problem.message, remedy=self._filled(problem.hint))
        if isinstance(found, str):
            return Finding(what=what, ok=True, detail=found)
        return msgspec.structs.replace(found, what=what)

    def _filled(self, hint: str | None) -> str | None:
        """An error's hint with the identifiers that are known here, so that it can be pasted."""
        if hint is None:
            return None
        hint = hint.replace("FOLDER_ID", self._settings.folder or "FOLDER_ID")
        # Whose key it is can be read only where the key could.
        return (
            hint.replace("DEPLOYER_ID", self._account() or "DEPLOYER_ID") if "DEPLOYER_ID" in hint else hint
        )

    def _clock_is_right(self) -> Finding | str:
        reply = self._http.request("HEAD", self._settings.storage_endpoint)
        told = reply.headers.get("date")
        if told is None:
            return Finding(what="clock", ok=None, detail="the cloud did not say what time it is")
        off = self._clock.now().timestamp() - parsedate_to_datetime(told).timestamp()
        if abs(off) <= CLOCK_SECONDS:
            return f"within {CLOCK_SECONDS:g} s of the cloud's"
        return Finding(
            what="clock",
            ok=False,
            detail=f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the cloud's",
            remedy="set this machine's clock: sudo timedatectl set-ntp true",
        )

    def _signed_in(self) -> Finding | str:
        self._session.token()
        return self._session.way

    def _folder(self) -> Finding | str:
        request = GetFolderRequest(folder_id=self._inventory.folder)
        folder = self._session.read(FolderServiceStub, "Get", request)
        return f"{folder.name} ({folder.id})"

    def _functions(self) -> Finding | str:
        names = self._inventory.names()
        return f"{len(names)} of emel's: {', '.join(names)}" if names else "none of emel's yet"

    def _roles(self) -> Iterator[Finding]:
        account = self._account()
        held = self._held(account) if account else None
        public = (PUBLIC,) if self._settings.public else ()
        for role, larger, use in (*NEEDED, *public, *ROLES):
            if held is None:
                yield Finding(
                    what=f"role {role}",
                    ok=None,
                    detail=f"not to be seen from here; it is for {use}",
                    remedy=self._bind(role, account),
                )
            elif held & {role, *larger}:
                yield Finding(what=f"role {role}", ok=True, detail=f"held, for {use}")
            else:
                yield Finding(
                    what=f"role {role}",
                    # Only a project that trains on machines needs the roles for them.
                    ok=None if (role, larger, use) in ROLES else False,
                    detail=f"missing on the folder; it is for {use}",
                    remedy=self._bind(role, account),
                )
        named = (self._settings.service_account, self._settings.gateway.service_account)
        for used in dict.fromkeys(each for each in named if each):
            yield account_use(self._session, used, account, held)

    def _account(self) -> str | None:
        """The service account that is signed in, where that is known."""
        file = self._env.get("YC_SERVICE_ACCOUNT_KEY_FILE")
        if self._env.get("YC_IAM_TOKEN") or not file:
            return self._env.get("YC_SERVICE_ACCOUNT_ID")
        # Reading it before has signed in.
        return str(json.loads(Path(file).read_text("utf-8"))["service_account_id"])

    def _held(self, account: str | None) -> set[str] | None:
        """The account's roles on the folder, and on the cloud where that shows them; None where the folder
        does not."""
        folder = self._inventory.folder
        try:
            bindings = self._session.bindings(FolderServiceStub, folder)
        except EmelError:
            return None
        with suppress(EmelError):
            around = self._session.read(FolderServiceStub, "Get", GetFolderRequest(folder_id=folder))
            bindings += self._session.bindings(CloudServiceStub, around.cloud_id)
        return {each.role_id for each in bindings if each.subject.id == account}

    def _bind(self, role: str, account: str | None) -> str:
        return BIND.format(folder=self._inventory.folder, role=role, account=account or "DEPLOYER_ID")

    def _runtimes(self) -> Finding | str:
        found = self._session.read(FunctionServiceStub, "ListRuntimes", requests.ListRuntimesRequest())
        names = usable(found.runtimes)
        if names:
            return ", ".join(names)
        return Finding(
            what="runtimes",
            ok=False,
            detail="none of the cloud's runs what emel ships",
            remedy="look for a newer emel: pip install -U emel",
        )

    def _bucket(self) -> Finding | str:
        if not self._settings.bucket:
            return Finding(
                what="bucket",
                ok=None,
                detail="none is named; only bundles up to 3.5 MB go without one",
                remedy="yc storage bucket create --name NAME, and [yandex] bucket in emel.toml",
            )
        self._uploads.look()
        return f"{self._settings.bucket} can be read"

    def _takes(self, bundle: Bundle) -> Finding | str:
        """Whether the way to the cloud that this bundle has to go is open."""
        self._models.check(bundle)
        self._uploads.check(bundle)
        self._uploads.check_way(bundle)
        size = f"{bundle.zip_bytes / 1e6:.1f} MB"
        if bundle.mounted is None:
            return f"{bundle.version}, {size}"
        return f"{bundle.version}, {size}, and its model of {bundle.mounted.size / 1e6:.1f} MB mounted"

    def _reading(self, bundle: Bundle | None, bucket: str, account: str) -> Finding:
        found = reading(self._session, bucket, account)
        if found.ok is False and not (bundle and bundle.mounted):
            # Only a model that stands beside its zip is read from there.
            return msgspec.structs.replace(
                found, ok=None, detail=f"{found.detail}; only mounted models need it"
            )
        return found

    def _log_group(self) -> Finding | str:
        return self._logs.group()

    def _limit(self, quota: str) -> float | None:
        found = find_quota(self._session, self._inventory.folder, quota)
        return found.limit if found else None

    def _quota(self, quota: str) -> Finding | str:
        found = find_quota(self._session, self._inventory.folder, quota)
        if found is not None and found.used is None:
            return f"{found.limit:g}; how much is used is not told"
        if found is not None and found.used is not None and found.used < found.limit:
            return f"{found.used:g} of {found.limit:g} used"
        if found is not None:
            return Finding(
                what="quota",
                ok=None,
                detail=f"{found.used:g} of {found.limit:g} used: no more can be made",
                remedy="ask for more on the cloud's page «Quotas», or delete what is not needed",
            )
        return Finding(
            what="quota",
            ok=None,
            detail="not to be seen",
            remedy="yc resource-manager cloud add-access-binding CLOUD_ID --role quota-manager.viewer "
            f"--subject serviceAccount:{self._account() or 'DEPLOYER_ID'}",
        )
