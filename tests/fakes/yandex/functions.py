"""FunctionService: functions and versions. Source: cloudapi, yandex/cloud/serverless/functions/v1."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from tests.fakes.yandex.pages import page
from tests.fakes.yandex.policies import PolicyServicer
from tests.fakes.yandex.state import FOLDER, Refused, State, StoredFunction, StoredVersion

from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests

LATEST = "$latest"
DIRECT_LIMIT = 3_500_000
BUCKET_LIMIT = 128 * 2**20
UNPACKED_LIMIT = 680 * 2**20
ENVIRONMENT_LIMIT = 4096

GetObject = Callable[[str, str], bytes | None]


class FunctionServicer(PolicyServicer):
    """Checks beyond the protos' rules are those of the pages «Quotas and limits» and «Function»."""

    def __init__(self, state: State, get_object: GetObject, has_bucket: Callable[[str], bool]) -> None:
        super().__init__(state)
        self.get_object = get_object
        self.has_bucket = has_bucket

    def Create(self, request: Any, context: object) -> Message:
        if request.folder_id != FOLDER:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Folder with id {request.folder_id} not found")
        if any(stored.proto.name == request.name for stored in self.state.functions.values()):
            text = f"Function with name {request.name} already exists"
            raise Refused(grpc.StatusCode.ALREADY_EXISTS, text)
        if len(self.state.functions) >= self.state.quotas["serverless.functions.count"]:
            text = "The limit on serverless.functions.count has exceeded."
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        identifier = self.state.new_id("d4e")
        proto = shapes.Function(
            id=identifier,
            folder_id=request.folder_id,
            created_at=self.state.now(),
            name=request.name,
            description=request.description,
            labels=request.labels,
            http_invoke_url=self.state.invoke_url(identifier),
            status=shapes.Function.CREATING,
        )
        self.state.functions[identifier] = StoredFunction(proto)

        def finish() -> Message:
            proto.status = shapes.Function.ACTIVE
            return proto

        return self.state.begin(
            requests.CreateFunctionMetadata(function_id=identifier), finish, "Create function"
        )

    def Update(self, request: Any, context: object) -> Message:
        proto = self.stored(request.function_id).proto

        def finish() -> Message:
            for name in request.update_mask.paths:
                if name == "labels":
                    proto.labels.clear()
                    proto.labels.update(request.labels)
                else:
                    setattr(proto, name, getattr(request, name))
            return proto

        metadata = requests.UpdateFunctionMetadata(function_id=request.function_id)
        return self.state.begin(metadata, finish, "Update function")

    def Get(self, request: Any, context: object) -> Message:
        return self.stored(request.function_id).proto

    def List(self, request: Any, context: object) -> Message:
        if request.folder_id != FOLDER:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Folder with id {request.folder_id} not found")
        found = [stored.proto for stored in self.state.functions.values()]
        if request.filter:
            named = re.fullmatch(r'name\s*=\s*"([^"]*)"', request.filter)
            if named is None:
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, f"Bad filter: {request.filter}")
            found = [proto for proto in found if proto.name == named[1]]
        shown, following = page(found, request, self.state)
        return requests.ListFunctionsResponse(functions=shown, next_page_token=following)

    def Delete(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        stored.proto.status = shapes.Function.DELETING

        def finish() -> Message:
            self.state.functions.pop(request.function_id, None)
            return Empty()

        metadata = requests.DeleteFunctionMetadata(function_id=request.function_id)
        return self.state.begin(metadata, finish, "Delete function")

    def CreateVersion(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        if stored.proto.status != shapes.Function.ACTIVE:
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, "Function is not active")
        self._check(request)
        proto = shapes.Version(
            id=self.state.new_id("d4v"),
            created_at=self.state.now(),
            status=shapes.Version.CREATING,
            **{
                name.name: getattr(request, name.name)
                for name, _ in request.ListFields()
                if name.name in shapes.Version.DESCRIPTOR.fields_by_name
            },
        )
        stored.versions[proto.id] = StoredVersion(proto, b"")
        source = requests.CreateFunctionVersionRequest()
        source.CopyFrom(request)

        def finish() -> Message:
            try:
                if self.state.build_error is not None:
                    invalid = grpc.StatusCode.INVALID_ARGUMENT
                    raise Refused(invalid, self.state.build_error, self.state.build_details)
                stored.versions[proto.id].code = self._code(source)
            except Refused:
                del stored.versions[proto.id]
                raise
            proto.image_size = sum(
                entry.file_size
                for entry in zipfile.ZipFile(io.BytesIO(stored.versions[proto.id].code)).infolist()
            )
            proto.status = shapes.Version.ACTIVE
            for tag in (LATEST, *source.tag):
                self.point(stored, tag, proto.id)
            return proto

        metadata = requests.CreateFunctionVersionMetadata(function_version_id=proto.id)
        return self.state.begin(metadata, finish, "Create function version")

    def GetVersion(self, request: Any, context: object) -> Message:
        stored, version = self.find_version(request.function_version_id)
        return self.with_tags(stored, version.proto)

    def GetVersionByTag(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        identifier = stored.tags.get(request.tag or LATEST)
        if identifier is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Version with tag {request.tag} not found")
        return self.with_tags(stored, stored.versions[identifier].proto)

    def ListVersions(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        # Nothing documents the order; the newest come first here so that no one relies on any.
        found = [self.with_tags(stored, version.proto) for version in reversed(stored.versions.values())]
        shown, following = page(found, request, self.state)
        return requests.ListFunctionsVersionsResponse(versions=shown, next_page_token=following)

    def DeleteVersion(self, request: Any, context: object) -> Message:
        stored, version = self.find_version(request.function_version_id)
        tags = {tag for tag, identifier in stored.tags.items() if identifier == version.proto.id}
        if LATEST in tags or (tags and not request.force):
            text = f"Version {version.proto.id} has tags: {', '.join(sorted(tags))}"
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, text)

        def finish() -> Message:
            for tag in tags:
                stored.tags.pop(tag, None)
            stored.versions.pop(version.proto.id, None)
            return Empty()

        metadata = requests.DeleteFunctionVersionMetadata(function_version_id=version.proto.id)
        return self.state.begin(metadata, finish, "Delete function version")

    def ListRuntimes(self, request: Any, context: object) -> Message:
        return requests.ListRuntimesResponse(runtimes=self.state.runtimes)

    def _check(self, request: Any) -> None:
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        if request.runtime not in self.state.runtimes:
            raise Refused(invalid, f"Runtime {request.runtime} is not supported")
        if request.resources.memory % (128 * 2**20):
            raise Refused(invalid, "Memory must be a multiple of 128MB")
        account = request.service_account_id
        allowed = {"iam.serviceAccounts.user", "admin"} & self.state.roles
        if account and (account not in self.state.service_accounts or not allowed):
            raise Refused(invalid, f"Service account {account} is not available")
        taken = sum(len(key) + len(value) for key, value in request.environment.items())
        if taken > ENVIRONMENT_LIMIT:
            raise Refused(invalid, f"Environment size {taken} exceeds {ENVIRONMENT_LIMIT}")
        if len(request.content) > DIRECT_LIMIT:
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "Content is larger than 3.5 MB")
        for mount in request.mounts:
            # «Mounting external resources»: the function's account reads the bucket.
            if not account:
                raise Refused(invalid, f"Mount {mount.name} needs a service account")
            if not self.has_bucket(mount.object_storage.bucket_id):
                raise Refused(invalid, f"Bucket {mount.object_storage.bucket_id} is not available")
        for secret in request.secrets:
            if secret.key not in self.state.secrets.get(secret.id, {}):
                raise Refused(invalid, f"Secret {secret.id} is not available")
        if request.WhichOneof("package_source") == "version_id":
            self.find_version(request.version_id)

    def _code(self, request: Any) -> bytes:
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        source = request.WhichOneof("package_source")
        if source == "version_id":
            _, version = self.find_version(request.version_id)
            return version.code
        code = request.content
        if source == "package":
            package = request.package
            found = self.get_object(package.bucket_name, package.object_name)
            if found is None:
                raise Refused(invalid, f"Object {package.object_name} is not available")
            if package.sha256 and hashlib.sha256(found).hexdigest() != package.sha256:
                raise Refused(invalid, "SHA256 of the package does not match")
            code = found
        if len(code) > BUCKET_LIMIT:
            raise Refused(invalid, "Package is larger than 128 MB")
        try:
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                names = archive.namelist()
                unpacked = sum(entry.file_size for entry in archive.infolist())
        except zipfile.BadZipFile:
            raise Refused(invalid, "Package is not a zip archive") from None
        if unpacked > UNPACKED_LIMIT:
            raise Refused(invalid, "Unpacked package is larger than 680 MB")
        if f"{request.entrypoint.partition('.')[0]}.py" not in names:
            raise Refused(invalid, f"Entrypoint {request.entrypoint} is not found")
        return code
