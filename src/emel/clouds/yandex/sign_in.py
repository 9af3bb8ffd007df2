"""IAM tokens: five ways to one, and a cache that asks again only before it expires.

The first of these that is there decides:

1. `YC_IAM_TOKEN`, a token that is used as it is, as long as it lasts;
2. `YC_SERVICE_ACCOUNT_KEY_FILE`, a file of `yc iam key create`, whose key signs a claim (JWT, PS256);
3. `GITLAB_OIDC_TOKEN` and `YC_SERVICE_ACCOUNT_ID`: workload identity, a job's token for one of the account;
4. the program `yc`, which has signed in;
5. the metadata service of a machine in the cloud (`YC_METADATA_ADDR` names another address).

OAuth tokens of Yandex ID end with 2026 and are not taken. A token is kept in memory alone. Sources:
documentation of IAM, «Getting an IAM token for a service account», «Workload identity federations»;
cloudapi, yandex/cloud/iam/v1/iam_token_service.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

import msgspec

from emel.errors import DeployError, EndpointError
from emel.system.clock import Clock
from emel.system.http import Http, HttpReply
from emel.system.process import Process

MARGIN_SECONDS = 300.0
"""A token is not used when it has less time left than this."""
CLAIM_SECONDS = 3600
YC_SECONDS = 3600.0
"""`yc iam create-token` does not say until when its token is valid; the documentation says 12 hours at most,
and advises to ask once an hour."""
METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"
HINT = (
    "set YC_SERVICE_ACCOUNT_KEY_FILE to a key of `yc iam key create`, or YC_IAM_TOKEN to what "
    "`yc iam create-token` prints; docs/guides/yandex-cloud.md has all ways"
)


class Token(NamedTuple):
    """An IAM token and the seconds that it is good for."""

    value: str
    seconds: float


class _Oauth(msgspec.Struct):
    """RFC 6749, part 5.1; the metadata service answers alike."""

    access_token: str
    expires_in: float


class _Key(msgspec.Struct):
    """A key file of `yc iam key create`."""

    id: str
    service_account_id: str
    private_key: str


class Exchange(Protocol):
    """Turns a signed claim into a token: IamTokenService.Create."""

    def __call__(self, claim: str) -> Token: ...


class SignIn:
    """Gives a token that is good for some minutes more. Errors: DeployError, whose text holds no secret."""

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        http: Http,
        process: Process,
        clock: Clock,
        api_host: str,
        token_endpoint: str,
    ) -> None:
        self._env = env
        self._http = http
        self._process = process
        self._clock = clock
        self._audience = f"https://iam.{api_host}/iam/v1/tokens"
        self._token_endpoint = token_endpoint
        self._token: Token | None = None
        self._expires = 0.0

    def token(self, exchange: Exchange) -> str:
        """A token, from the cache as long as that is good."""
        if self._token is None or self._clock.monotonic() > self._expires:
            self._token = self._ask(exchange)
            self._expires = self._clock.monotonic() + self._token.seconds - MARGIN_SECONDS
        return self._token.value

    def forget(self) -> None:
        """Ask anew the next time: the cloud did not take the token."""
        self._token = None

    @property
    def way(self) -> str:
        """How a token is got, in words for `emel doctor` and for errors."""
        if self._env.get("YC_IAM_TOKEN"):
            return "the token in YC_IAM_TOKEN"
        if self._env.get("YC_SERVICE_ACCOUNT_KEY_FILE"):
            return "the key in YC_SERVICE_ACCOUNT_KEY_FILE"
        if self._env.get("GITLAB_OIDC_TOKEN"):
            return "the job's GITLAB_OIDC_TOKEN"
        return "yc, or the metadata service"

    def _ask(self, exchange: Exchange) -> Token:
        if self._env.get("YC_IAM_TOKEN"):
            return Token(self._env["YC_IAM_TOKEN"].strip(), float("inf"))
        if self._env.get("YC_SERVICE_ACCOUNT_KEY_FILE"):
            return exchange(self._claim(Path(self._env["YC_SERVICE_ACCOUNT_KEY_FILE"])))
        if self._env.get("GITLAB_OIDC_TOKEN"):
            return self._exchanged(self._env["GITLAB_OIDC_TOKEN"])
        return self._of_yc() or self._of_metadata()

    def _claim(self, file: Path) -> str:
        # The SDK brings it; importing it costs a tenth of a second.
        import jwt

        try:
            key = msgspec.json.decode(file.read_bytes(), type=_Key)
        except FileNotFoundError:
            raise DeployError(
                "YC_SERVICE_ACCOUNT_KEY_FILE names a file that is not there", where=str(file), hint=HINT
            ) from None
        except (OSError, msgspec.DecodeError):
            # What went wrong may quote the file.
            raise DeployError(
                "this is no key file of a service account", where=str(file), hint=HINT
            ) from None
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": key.service_account_id,
            "aud": self._audience,
            "iat": now,
            "exp": now + CLAIM_SECONDS,
        }
        try:
            return jwt.encode(claims, key.private_key, algorithm="PS256", headers={"kid": key.id})
        except (ValueError, TypeError, jwt.PyJWTError):
            raise DeployError("the file's private_key cannot be read", where=str(file), hint=HINT) from None

    def _exchanged(self, job_token: str) -> Token:
        account = self._env.get("YC_SERVICE_ACCOUNT_ID")
        if not account:
            raise DeployError(
                "GITLAB_OIDC_TOKEN is set, and YC_SERVICE_ACCOUNT_ID is not",
                hint="set it to the service account that the federation is bound to",
            )
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": account,
            "subject_token": job_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        }
        reply = self._http.request(
            "POST",
            self._token_endpoint,
            body=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return _token_of(reply, "the exchange of the job's token")

    def _of_yc(self) -> Token | None:
        try:
            ended = self._process.run(["yc", "iam", "create-token"], timeout=60)
        except FileNotFoundError:
            return None
        except TimeoutError:
            raise DeployError("`yc iam create-token` does not end", hint="run it by hand") from None
        if ended.returncode != 0 or not ended.stdout.strip():
            said = ended.stderr.strip().splitlines()
            raise DeployError(
                f"`yc iam create-token` failed: {said[-1] if said else 'it said nothing'}",
                hint="sign in with `yc init`, or " + HINT,
            )
        return Token(ended.stdout.strip(), YC_SECONDS)

    def _of_metadata(self) -> Token:
        address = self._env.get("YC_METADATA_ADDR", "169.254.169.254")
        try:
            reply = self._http.request(
                "GET", f"http://{address}{METADATA}", headers={"Metadata-Flavor": "Google"}, timeout=1.0
            )
        except EndpointError:
            raise _nobody("no metadata service") from None
        if reply.status != 200:
            # Another cloud's service, a proxy, or a machine without a service account.
            raise _nobody(f"a metadata service that gives no token (status {reply.status})")
        return _token_of(reply, "the metadata service")


def _nobody(last: str) -> DeployError:
    return DeployError(
        "nobody is signed in to Yandex Cloud: no YC_IAM_TOKEN, no YC_SERVICE_ACCOUNT_KEY_FILE, no "
        f"GITLAB_OIDC_TOKEN, no program yc, and {last}",
        hint=HINT,
    )


def _token_of(reply: HttpReply, source: str) -> Token:
    if reply.status != 200:
        raise DeployError(f"{source} was refused with status {reply.status}: {_said(reply)}", hint=HINT)
    try:
        answer = msgspec.json.decode(reply.body, type=_Oauth)
    except msgspec.DecodeError:
        raise DeployError(f"{source} got an answer that holds no token", hint=HINT) from None
    return Token(answer.access_token, answer.expires_in)


def _said(reply: HttpReply) -> str:
    """The fields in which RFC 6749 puts what is wrong; never the whole body, which may quote the token."""
    try:
        problem = msgspec.json.decode(reply.body, type=dict[str, object])
    except msgspec.DecodeError:
        return "without a reason"
    return f"{problem.get('error', 'unknown error')}: {problem.get('error_description', 'no description')}"
