"""Write the JSON Schemas of every file of ctverify, from the types that read them.

    python docs/schemas/generate.py

tests/test_schemas.py compares what lies here with what this writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ctverify.certificate.certificate import SCHEMA as CERTIFICATE
from ctverify.certificate.certificate import CertificateFile
from ctverify.certificate.schema_1 import SCHEMA as CERTIFICATE_1
from ctverify.certificate.schema_1 import CertificateFile1
from ctverify.conformance.results.result import SCHEMA as CONFORMANCE
from ctverify.conformance.results.result import ReportFile
from ctverify.conformance.results.schema_1 import SCHEMA as CONFORMANCE_1
from ctverify.conformance.results.schema_1 import ReportFile1
from ctverify.core.schemas import json_schema
from ctverify.ledger.schema import SCHEMA as LEDGER
from ctverify.ledger.schema import LedgerFile
from ctverify.model.schedule_spec import ScheduleFile
from ctverify.sweep.case import SCHEMA as SWEEP
from ctverify.sweep.schema import CaseFile, SweepFile
from ctverify.training.model_files import SCHEMA as MODEL
from ctverify.training.model_files import Manifest

HOME = Path(__file__).parent


def schemas() -> dict[str, dict[str, Any]]:
    """Each published schema by the name of its file."""
    certificate = "A certificate, as ctverify run, certify and Certificate.save write it"
    certificate_1 = "A certificate, as version 0.1.0 wrote it"
    conformance = "The report of ctverify check --json"
    conformance_1 = "The report of ctverify check --json, as version 0.1.0 wrote it"
    ledger = "The ledger, as ctverify prove --json writes it"
    model = "manifest.json of a model's directory"
    schedule = "Levels that --schedule FILE.json reads, as ctverify schedule optimal writes them"
    sweep = "sweep.json of a sweep's folder"
    case = "cases/HASH.json of a sweep's folder"
    return {
        "certificate-1.json": json_schema(CertificateFile1, CERTIFICATE_1, certificate_1),
        "certificate-2.json": json_schema(CertificateFile, CERTIFICATE, certificate),
        "conformance-1.json": json_schema(ReportFile1, CONFORMANCE_1, conformance_1),
        "conformance-2.json": json_schema(ReportFile, CONFORMANCE, conformance),
        "ledger-2.json": json_schema(LedgerFile, LEDGER, ledger),
        "model-1.json": json_schema(Manifest, MODEL, model),
        "schedule-1.json": json_schema(ScheduleFile, None, schedule),
        "sweep-1.json": json_schema(SweepFile, SWEEP, sweep),
        "sweep-case-1.json": json_schema(CaseFile, SWEEP, case),
    }


def text(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=1) + "\n"


if __name__ == "__main__":
    for name, schema in schemas().items():
        (HOME / name).write_text(text(schema), encoding="utf-8")
