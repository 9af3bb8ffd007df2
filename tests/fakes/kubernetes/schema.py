"""The fields of Jobs and Secrets that are known here, as JSON schemas: any other is an error.

Source: Kubernetes API reference, v1.34, «Job v1», «Pod v1», «Secret v1»; the names and values are a part of
theirs.
"""

from __future__ import annotations

from typing import Any

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
LABEL_VALUE = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
QUANTITY = r"^[0-9.]+(m|Ki|Mi|Gi|Ti|k|M|G|T)?$"
TEXT: dict[str, Any] = {"type": "string"}
FLAG: dict[str, Any] = {"type": "boolean"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}


def thing(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """An object with these fields and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


def table(value: dict[str, Any], key: str = ".") -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value, "propertyNames": {"pattern": key}}


LABELS = table({**TEXT, "pattern": LABEL_VALUE, "maxLength": 63}, r"^([a-z0-9.-]+/)?[A-Za-z0-9]([-\w.]*\w)?$")
OWNER = thing("apiVersion kind name uid", apiVersion=TEXT, kind=TEXT, name=TEXT, uid=TEXT)
METADATA = thing(
    "name",
    name={**TEXT, "pattern": NAME, "maxLength": 63},
    labels=LABELS,
    annotations=table(TEXT),
    ownerReferences=many(OWNER),
)
SIZES = table({**TEXT, "pattern": QUANTITY})
CONTAINER = thing(
    "name image",
    name={**TEXT, "pattern": NAME},
    image=TEXT,
    command=many(TEXT),
    workingDir=TEXT,
    env=many(thing("name value", name=TEXT, value=TEXT)),
    resources=thing(requests=SIZES, limits=SIZES),
    securityContext=thing(
        allowPrivilegeEscalation=FLAG, capabilities=thing(drop=many(TEXT)), readOnlyRootFilesystem=FLAG
    ),
    volumeMounts=many(thing("name mountPath", name=TEXT, mountPath=TEXT, readOnly=FLAG)),
)
TERM = thing("key operator values", key=TEXT, operator={"enum": ["In", "NotIn"]}, values=many(TEXT))
POD = thing(
    "restartPolicy containers",
    restartPolicy={"enum": ["Never", "OnFailure"]},
    automountServiceAccountToken=FLAG,
    serviceAccountName=TEXT,
    enableServiceLinks=FLAG,
    terminationGracePeriodSeconds=COUNT,
    nodeSelector=LABELS,
    affinity=thing(
        nodeAffinity=thing(
            requiredDuringSchedulingIgnoredDuringExecution=thing(
                "nodeSelectorTerms", nodeSelectorTerms=many(thing(matchExpressions=many(TERM)))
            )
        )
    ),
    tolerations=many(thing(key=TEXT, operator={"enum": ["Exists", "Equal"]}, effect=TEXT, value=TEXT)),
    securityContext=thing(
        runAsNonRoot=FLAG,
        runAsUser=COUNT,
        runAsGroup=COUNT,
        fsGroup=COUNT,
        seccompProfile=thing("type", type={"enum": ["RuntimeDefault", "Unconfined", "Localhost"]}),
    ),
    initContainers=many(CONTAINER),
    containers=many(CONTAINER),
    volumes=many(
        thing(
            "name",
            name=TEXT,
            secret=thing("secretName", secretName=TEXT, defaultMode=COUNT, optional=FLAG),
            emptyDir=thing(medium={"enum": ["", "Memory"]}, sizeLimit={**TEXT, "pattern": QUANTITY}),
        )
    ),
)
JOB = thing(
    "apiVersion kind metadata spec",
    apiVersion={"const": "batch/v1"},
    kind={"const": "Job"},
    metadata=METADATA,
    spec=thing(
        "template",
        backoffLimit=COUNT,
        podReplacementPolicy={"enum": ["Failed", "TerminatingOrFailed"]},
        activeDeadlineSeconds={"type": "integer", "minimum": 1},
        ttlSecondsAfterFinished=COUNT,
        template=thing("spec", metadata=thing(labels=LABELS, annotations=table(TEXT)), spec=POD),
    ),
)
SECRET = thing(
    "apiVersion kind metadata",
    apiVersion={"const": "v1"},
    kind={"const": "Secret"},
    metadata=METADATA,
    immutable=FLAG,
    type=TEXT,
    data=table({**TEXT, "contentEncoding": "base64"}),
)
SCHEMAS = {"jobs": JOB, "secrets": SECRET}
