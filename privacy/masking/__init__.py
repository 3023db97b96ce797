"""How what is personal is protected: policies, operators, keys, the engine and the writers.

Pure: no Django, no Celery, no models. A table goes through in three steps::

    policy = policy_from_toml(text)                                     # what each field gets
    protector = protect_batches(batches, schema, policy, keys)          # RecordBatch → RecordBatch, counted
    with artefact_file(path) as file:
        written = write_artefact(protector, file, "parquet")            # rows, bytes, SHA-256

- `policy`: rules and policies, their reading and digest; `operators`: the codes and what ISO/IEC 20889 calls them.
- `partial`, `tokens`, `generalise`, `suppression`: the operators; `binding` joins a rule to its operator.
- `keys`: the data key of a domain; `engine`: the engine; `safety`: what a policy may not do; `writer`: the artefact.
- `cmac`, `canonical`, `columns`, `dates`, `addresses`, `parameters`: what the operators are made of.

What of a table is personal is decided by `privacy.detection`; the risk that remains is measured by `privacy.risk`.
"""

from privacy.masking.engine import (
    ColumnReport,
    ProtectionReport,
    Protector,
    preview,
    protect_batches,
    protect_schema,
)
from privacy.masking.errors import MaskingError, PolicyError
from privacy.masking.keys import DomainKey, KeyEncryptionKey, KeyRing, WrongKey, unwrap_domain_key, wrap_domain_key
from privacy.masking.operators import PROPERTIES, Operator, Technique, available_operators
from privacy.masking.policy import (
    FieldRule,
    InvalidPolicy,
    NullPolicy,
    Policy,
    check_rule,
    policy_from_dict,
    policy_from_toml,
    rule_from_dict,
)
from privacy.masking.safety import ColumnFacts, PolicyWarning, check_policy, policy_warnings
from privacy.masking.writer import ArtefactFormat, WrittenArtefact, artefact_file, write_artefact

__all__ = [
    "PROPERTIES",
    "ArtefactFormat",
    "ColumnFacts",
    "ColumnReport",
    "DomainKey",
    "FieldRule",
    "InvalidPolicy",
    "KeyEncryptionKey",
    "KeyRing",
    "MaskingError",
    "NullPolicy",
    "Operator",
    "Policy",
    "PolicyError",
    "PolicyWarning",
    "ProtectionReport",
    "Protector",
    "Technique",
    "WrittenArtefact",
    "WrongKey",
    "artefact_file",
    "available_operators",
    "check_policy",
    "check_rule",
    "policy_from_dict",
    "policy_from_toml",
    "policy_warnings",
    "preview",
    "protect_batches",
    "protect_schema",
    "rule_from_dict",
    "unwrap_domain_key",
    "wrap_domain_key",
    "write_artefact",
]
