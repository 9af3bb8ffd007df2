"""FunctionService: what a tag points at, how it scales, and who may call a function."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from tests.fakes.yandex.pages import page
from tests.fakes.yandex.state import Refused, State, StoredFunction, StoredVersion

from yandex.cloud.access import access_pb2 as access
from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceServicer

Record = requests.ListFunctionTagHistoryResponse.FunctionTagHistoryRecord


class PolicyServicer(FunctionServiceServicer):
    """The half of the service that changes functions which are there."""

    def __init__(self, state: State) -> None:
        self.state = state

    def SetTag(self, request: Any, context: object) -> Message:
        stored, version = self.find_version(request.function_version_id)
        tags = {*stored.tags, request.tag} - {"$latest"}
        if len(tags) > self.state.quotas["tags of a function"]:
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "The limit on tags of a function has exceeded.")

        def finish() -> Message:
            self.point(stored, request.tag, version.proto.id)
            return self.with_tags(stored, version.proto)

        metadata = requests.SetFunctionTagMetadata(function_version_id=version.proto.id)
        return self.state.begin(metadata, finish, "Set function tag")

    def RemoveTag(self, request: Any, context: object) -> Message:
        stored, version = self.find_version(request.function_version_id)

        def finish() -> Message:
            if stored.tags.pop(request.tag, None) is not None:
                self._close(stored, request.tag)
            return self.with_tags(stored, version.proto)

        metadata = requests.RemoveFunctionTagMetadata(function_version_id=version.proto.id)
        return self.state.begin(metadata, finish, "Remove function tag")

    def ListTagHistory(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        found = [record for record in reversed(stored.history) if record.tag == request.tag]
        shown, following = page(found, request, self.state)
        return requests.ListFunctionTagHistoryResponse(
            function_tag_history_record=shown, next_page_token=following
        )

    def SetScalingPolicy(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        if request.tag not in stored.tags:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Tag {request.tag} not found")
        others = (
            policy.provisioned_instances_count
            for function in self.state.functions.values()
            for tag, policy in function.policies.items()
            if (function, tag) != (stored, request.tag)
        )
        if sum(others) + request.provisioned_instances_count > self.state.quotas["provisioned instances"]:
            text = "The limit on provisioned instances has exceeded."
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        moment = self.state.now()
        policy = shapes.ScalingPolicy(
            function_id=request.function_id,
            tag=request.tag,
            created_at=moment,
            modified_at=moment,
            provisioned_instances_count=request.provisioned_instances_count,
            zone_instances_limit=request.zone_instances_limit,
            zone_requests_limit=request.zone_requests_limit,
        )

        def finish() -> Message:
            stored.policies[request.tag] = policy
            return policy

        metadata = requests.SetScalingPolicyMetadata(function_id=request.function_id)
        return self.state.begin(metadata, finish, "Set scaling policy")

    def RemoveScalingPolicy(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)

        def finish() -> Message:
            stored.policies.pop(request.tag, None)
            return Empty()

        metadata = requests.RemoveScalingPolicyMetadata(function_id=request.function_id)
        return self.state.begin(metadata, finish, "Remove scaling policy")

    def ListScalingPolicies(self, request: Any, context: object) -> Message:
        stored = self.stored(request.function_id)
        shown, following = page(list(stored.policies.values()), request, self.state)
        return requests.ListScalingPoliciesResponse(scaling_policies=shown, next_page_token=following)

    def ListAccessBindings(self, request: Any, context: object) -> Message:
        shown, following = page(self.stored(request.resource_id).bindings, request, self.state)
        return access.ListAccessBindingsResponse(access_bindings=shown, next_page_token=following)

    def SetAccessBindings(self, request: Any, context: object) -> Message:
        stored = self.stored(request.resource_id)

        def finish() -> Message:
            stored.bindings[:] = request.access_bindings
            return access.AccessBindingsOperationResult()

        metadata = access.SetAccessBindingsMetadata(resource_id=request.resource_id)
        return self.state.begin(metadata, finish, "Set access bindings")

    def UpdateAccessBindings(self, request: Any, context: object) -> Message:
        stored = self.stored(request.resource_id)

        def finish() -> Message:
            for delta in request.access_binding_deltas:
                if delta.action == access.REMOVE and delta.access_binding in stored.bindings:
                    stored.bindings.remove(delta.access_binding)
                if delta.action == access.ADD and delta.access_binding not in stored.bindings:
                    stored.bindings.append(delta.access_binding)
            return access.AccessBindingsOperationResult(effective_deltas=request.access_binding_deltas)

        metadata = access.UpdateAccessBindingsMetadata(resource_id=request.resource_id)
        return self.state.begin(metadata, finish, "Update access bindings")

    def stored(self, identifier: str) -> StoredFunction:
        found = self.state.functions.get(identifier)
        if found is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"Function {identifier} not found")
        return found

    def find_version(self, identifier: str) -> tuple[StoredFunction, StoredVersion]:
        for stored in self.state.functions.values():
            if identifier in stored.versions:
                return stored, stored.versions[identifier]
        raise Refused(grpc.StatusCode.NOT_FOUND, f"Version {identifier} not found")

    def with_tags(self, stored: StoredFunction, version: Any) -> Any:
        shown = shapes.Version()
        shown.CopyFrom(version)
        del shown.tags[:]
        shown.tags.extend(sorted(tag for tag, target in stored.tags.items() if target == version.id))
        return shown

    def point(self, stored: StoredFunction, tag: str, version: str) -> None:
        if stored.tags.get(tag) == version:
            return
        self._close(stored, tag)
        stored.tags[tag] = version
        stored.history.append(
            Record(
                function_id=stored.proto.id,
                function_version_id=version,
                tag=tag,
                effective_from=self.state.now(),
            )
        )

    def _close(self, stored: StoredFunction, tag: str) -> None:
        for record in stored.history:
            if record.tag == tag and not record.HasField("effective_to"):
                record.effective_to.CopyFrom(self.state.now())
