"""Every error that emel reports to a person, in one tree.

* EmelError                   1   the root: what happened, where, and a hint; never raised itself
  x ConfigError               3   emel.toml is absent or says something that emel does not understand
  x RepositoryError           4   not a Git repository, no commit, an unknown revision
  x PipelineError             5   a stage of the pipeline failed, or the pipeline itself is broken
  x ResultsError              6   metrics, parameters or plots cannot be read
  x GateFailed                7   the comparison ran, and the gate says no
  x ModelError                8   the model file cannot be read, or no tier can take it
    + UnsupportedModelError   8   a class that cannot be lowered; the next tier is the answer
  x SampleError               9   the sample rows are absent, or do not fit the model
  x ParityError              10   the lowered model gives other answers than the original
  x BundleError              11   the function's zip cannot be built or opened
  x PlatformError            12   the local platform cannot start, or holds no such function or tag
    + PortTakenError         12   another program listens on the port
  x DeployError              13   a deploy, promote or rollback cannot be carried out
  x EndpointError            14   an endpoint cannot be reached, or answers nonsense
    + EndpointTestFailed     14   the endpoint's tests ran, and one failed
    + NoConnectionError      14   no connection could be made, so nothing has been sent
      - CertificateError     14   the server's certificate is signed by nobody that this machine trusts
  x MissingExtraError        15   a part of emel that is not installed
  x RegistryError            16   a model version that exists already, or does not exist
  x DemoFailed               17   a step of the demo did not do what it says
  x ForgeError               18   the forge (GitLab) cannot be reached, or refuses a call
    + MissingTokenError      18   no token at hand may do what is asked of the forge
  x MachineError             19   a machine that trains cannot be had, or was lost
  x CheckpointError          20   a checkpoint cannot be kept, found or put back

The number is the exit code. 1 is also for what the machine refuses: no such folder, no permission, a full
disk. 2 is click's own for a wrong command line, 70 a bug, 130 Ctrl-C.
"""

from __future__ import annotations

from typing import ClassVar


class EmelError(Exception):
    """What happened, in one sentence, with where it happened and what to do next.

    `where` is a file with its line, a stage, a URL: whatever a person opens to mend it. `hint` is one
    sentence that begins with a verb. The cause is attached with `raise … from`.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class ConfigError(EmelError):
    """emel.toml is absent, or a key of it has a wrong name, type or value."""

    exit_code = 3


class RepositoryError(EmelError):
    """The folder is no Git repository, has no commit, or lacks the revision."""

    exit_code = 4


class PipelineError(EmelError):
    """A stage of the pipeline failed, or the pipeline's file is broken."""

    exit_code = 5


class ResultsError(EmelError):
    """A file of metrics, parameters or plots is missing or cannot be read."""

    exit_code = 6


class GateFailed(EmelError):
    """The candidate was compared with its base, and a rule of the gate is not met."""

    exit_code = 7


class ModelError(EmelError):
    """The model file is missing, is not what its name says, or cannot be loaded."""

    exit_code = 8


class UnsupportedModelError(ModelError):
    """The tier cannot take this model; the message names the class and the reason."""


class SampleError(EmelError):
    """The sample rows are missing, empty, or do not have the model's columns."""

    exit_code = 9


class ParityError(EmelError):
    """The finished bundle answers otherwise than the original model does."""

    exit_code = 10


class BundleError(EmelError):
    """The function's zip cannot be built, opened or trusted."""

    exit_code = 11


class PlatformError(EmelError):
    """The local platform cannot start, or does not hold what was asked for."""

    exit_code = 12


class PortTakenError(PlatformError):
    """Another program listens on the port that the platform was to use."""


class DeployError(EmelError):
    """A deploy, promote or rollback cannot be carried out."""

    exit_code = 13


class EndpointError(EmelError):
    """An endpoint cannot be reached, or its answer is not what the contract says."""

    exit_code = 14


class EndpointTestFailed(EndpointError):
    """The tests of an endpoint ran to their end, and at least one failed."""


class NoConnectionError(EndpointError):
    """No connection to the server could be made; what was to be sent has certainly not arrived."""


class CertificateError(NoConnectionError):
    """The server's certificate is not signed by an authority that this machine trusts."""


class MissingExtraError(EmelError):
    """The command needs an optional part of emel that is not installed."""

    exit_code = 15


class RegistryError(EmelError):
    """A model version exists already, or does not exist."""

    exit_code = 16


class DemoFailed(EmelError):
    """A step of the demo did not do what it says, or has no empty folder to work in."""

    exit_code = 17


class ForgeError(EmelError):
    """The forge (GitLab) cannot be reached, or refuses a call.

    `status` is its HTTP status, None where no answer came. `maybe_done` says that the call may have had its
    effect all the same: no answer came after it was sent, or a server on the way gave up waiting.
    """

    exit_code = 18

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        status: int | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.maybe_done = maybe_done


class MissingTokenError(ForgeError):
    """No token at hand may do what is asked of the forge; the hint says which one to make."""


class MachineError(EmelError):
    """A machine that trains cannot be had, was lost, or could not be removed."""

    exit_code = 19


class CheckpointError(EmelError):
    """A checkpoint of training cannot be kept, found or put back."""

    exit_code = 20
