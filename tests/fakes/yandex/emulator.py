"""All doors of the emulated cloud, opened together on free ports of loopback."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.fakes.certificates import Certificate, loopback_certificate
from tests.fakes.yandex.calls import Calls
from tests.fakes.yandex.compute import InstanceServicer, Machines
from tests.fakes.yandex.compute_places import (
    DiskServicer,
    ImageServicer,
    PlaceState,
    RouteTableServicer,
    SubnetServicer,
)
from tests.fakes.yandex.compute_rules import QUOTAS
from tests.fakes.yandex.functions import FunctionServicer
from tests.fakes.yandex.gateway_front import GatewayFront
from tests.fakes.yandex.gateways import GatewayServicer
from tests.fakes.yandex.invoke import Front
from tests.fakes.yandex.logs import GroupServicer, IngestionServicer, ReadingServicer
from tests.fakes.yandex.services import (
    AccountServicer,
    BucketServicer,
    CloudServicer,
    EndpointServicer,
    FolderServicer,
    OperationServicer,
    PayloadServicer,
    QuotaServicer,
    TokenServicer,
    issue_token,
)
from tests.fakes.yandex.sign_in import SignIn
from tests.fakes.yandex.state import FOLDER, SERVICE_ACCOUNT, State
from tests.fakes.yandex.storage import Storage

from yandex.cloud.compute.v1 import (
    disk_service_pb2_grpc,
    image_service_pb2_grpc,
    instance_service_pb2_grpc,
)
from yandex.cloud.endpoint import api_endpoint_service_pb2_grpc as endpoint
from yandex.cloud.iam.v1 import iam_token_service_pb2_grpc as iam
from yandex.cloud.iam.v1 import service_account_service_pb2_grpc as accounts
from yandex.cloud.lockbox.v1 import payload_service_pb2_grpc as lockbox
from yandex.cloud.logging.v1 import (
    log_group_service_pb2_grpc,
    log_ingestion_service_pb2_grpc,
    log_reading_service_pb2_grpc,
)
from yandex.cloud.operation import operation_service_pb2_grpc as operation
from yandex.cloud.quotamanager.v1 import quota_limit_service_pb2_grpc as quota
from yandex.cloud.resourcemanager.v1 import cloud_service_pb2_grpc as cloud_service
from yandex.cloud.resourcemanager.v1 import folder_service_pb2_grpc as folder_service
from yandex.cloud.serverless.apigateway.v1 import apigateway_service_pb2_grpc as gateway
from yandex.cloud.serverless.functions.v1 import function_service_pb2_grpc as function_service
from yandex.cloud.storage.v1 import bucket_service_pb2_grpc as bucket_service
from yandex.cloud.vpc.v1 import route_table_service_pb2_grpc, subnet_service_pb2_grpc


class Emulator:
    """One cloud with one folder, one bucket and one service account. `state` is what it holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.state = State()
        self.state.quotas.update(QUOTAS)
        self.machines = Machines()
        self.places = PlaceState()
        certificate = _certificate()
        self.root_certificates = certificate.chain
        self.root_file = folder / "root.pem"
        folder.mkdir(parents=True, exist_ok=True)
        self.root_file.write_bytes(certificate.chain)
        self.storage = Storage(self.state)
        self.front = Front(self.state, folder, self.storage.below)
        self.gateways = GatewayFront(self.state, self.front)
        self.sign_in = SignIn(self.state)
        self.state.invoke_url = lambda identifier: f"{self.front.url}/{identifier}"
        self._server = grpc.server(ThreadPoolExecutor(8), interceptors=[Calls(self.state)])
        endpoints = self._add_services()
        credentials = grpc.ssl_server_credentials([(certificate.key, certificate.chain)])
        port = self._server.add_secure_port("127.0.0.1:0", credentials)
        self.endpoint = endpoints.address = f"localhost:{port}"
        self._server.start()

    def close(self) -> None:
        self._server.stop(None).wait()
        # Each waits a moment for its server to look up; together they wait once.
        with ThreadPoolExecutor() as closing:
            doors = (self.gateways, self.front, self.sign_in, self.storage)
            list(closing.map(lambda door: door.close(), doors))

    def token(self) -> str:
        """An IAM token that is valid."""
        return issue_token(self.state)[0]

    def environment(self) -> dict[str, str]:
        """What points the command `emel` at this cloud, signed in."""
        return {
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(self.root_file),
            "YC_IAM_TOKEN": self.token(),
            "YC_FOLDER_ID": FOLDER,
            "EMEL_YANDEX_BUCKET": self.storage.BUCKET,
            "EMEL_YANDEX_ENDPOINT": self.endpoint,
            "EMEL_YANDEX_STORAGE_ENDPOINT": self.storage.url,
        }

    def key_file(self) -> Path:
        """A file as `yc iam key create --output` writes it, for a key that the cloud knows."""
        key = _service_account_key()
        self.state.keys["ajekey00000000000000"] = key.public_key()
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._folder / "key.json"
        content = {
            "id": "ajekey00000000000000",
            "service_account_id": SERVICE_ACCOUNT,
            "key_algorithm": "RSA_2048",
            "private_key": private.decode(),
        }
        path.write_text(json.dumps(content))
        path.chmod(0o600)
        return path

    def _add_services(self) -> EndpointServicer:
        state, server = self.state, self._server
        endpoints = EndpointServicer()
        endpoint.add_ApiEndpointServiceServicer_to_server(endpoints, server)
        iam.add_IamTokenServiceServicer_to_server(TokenServicer(state), server)
        accounts.add_ServiceAccountServiceServicer_to_server(AccountServicer(state), server)
        operation.add_OperationServiceServicer_to_server(OperationServicer(state), server)
        self.functions = FunctionServicer(state, self.storage.get, self.storage.has)
        function_service.add_FunctionServiceServicer_to_server(self.functions, server)
        log_group_service_pb2_grpc.add_LogGroupServiceServicer_to_server(GroupServicer(), server)
        log_reading_service_pb2_grpc.add_LogReadingServiceServicer_to_server(ReadingServicer(state), server)
        log_ingestion_service_pb2_grpc.add_LogIngestionServiceServicer_to_server(
            IngestionServicer(state), server
        )
        gateway.add_ApiGatewayServiceServicer_to_server(GatewayServicer(state), server)
        quota.add_QuotaLimitServiceServicer_to_server(QuotaServicer(state), server)
        folder_service.add_FolderServiceServicer_to_server(FolderServicer(state), server)
        cloud_service.add_CloudServiceServicer_to_server(CloudServicer(state), server)
        self.buckets = BucketServicer(state, self.storage.has)
        bucket_service.add_BucketServiceServicer_to_server(self.buckets, server)
        lockbox.add_PayloadServiceServicer_to_server(PayloadServicer(state), server)
        self._add_compute()
        return endpoints

    def _add_compute(self) -> None:
        state, server = self.state, self._server
        self.compute = InstanceServicer(state, self.machines, self.places)
        self.sign_in.delete = lambda identifier: self.compute.delete_by(SERVICE_ACCOUNT, identifier)
        instance_service_pb2_grpc.add_InstanceServiceServicer_to_server(self.compute, server)
        image_service_pb2_grpc.add_ImageServiceServicer_to_server(ImageServicer(self.places), server)
        disk_service_pb2_grpc.add_DiskServiceServicer_to_server(
            DiskServicer(state, self.machines.disks), server
        )
        subnet_service_pb2_grpc.add_SubnetServiceServicer_to_server(
            SubnetServicer(state, self.places), server
        )
        route_table_service_pb2_grpc.add_RouteTableServiceServicer_to_server(
            RouteTableServicer(self.places), server
        )


@lru_cache(maxsize=1)
def _certificate() -> Certificate:
    return loopback_certificate()


@lru_cache(maxsize=1)
def _service_account_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
