"""A folder of certificates and models. What has one name in it belongs together:

    certificate-NAME.json, certificate-NAME.HASH.npz    a certificate and its samples (kept.py)
    model-NAME/                                         the model that it is of, of `run`
    .trained-NAME/HASH/                                 a model of `run` that has no certificate yet

A certificate names its model by its hash. A pair replaces another in an order in which no
certificate ever lies beside a model that it is not of, wherever the process is killed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..core.arguments import InputError
from ..core.files import locked, name_for_file
from ..core.schemas import builtins
from ..model.protocols import FlowMap, Model
from ..training import ConsistencyModel
from ..training.model_files import MANIFEST
from . import kept
from .certificate import Certificate
from .identity import description, digest


@dataclass(frozen=True)
class Place:
    """Where the certificate and the model of one name lie.

    Attributes:
        folder: the folder.
        name: the target's name, any text; it is made safe.
    """

    folder: Path
    name: str

    @cached_property
    def safe_name(self) -> str:
        """The name as it stands in files' names."""
        return name_for_file(self.name)

    @property
    def certificate(self) -> Path:
        """The certificate's file."""
        return self.folder / f"certificate-{self.safe_name}.json"

    @property
    def model(self) -> Path:
        """The model's directory."""
        return self.folder / f"model-{self.safe_name}"

    @property
    def _trained(self) -> Path:
        return self.folder / f".trained-{self.safe_name}"

    def locked(self, user: str) -> AbstractContextManager[None]:
        """Held while a certificate of this name is being made; InputError where one is already."""
        return locked(self.folder, f"{user} of {self.name}", f".certificate-{self.safe_name}.lock")

    def read(self, device: str) -> tuple[Certificate, ConsistencyModel] | None:
        """The pair that lies here, None where there is none, it is damaged, or not one.

        Arguments:
            device: where the model is to compute.
        """
        try:
            certificate = Certificate.load(self.certificate)
            model = ConsistencyModel.load(self.model, device)
        except InputError:
            return None
        return (certificate, model) if certificate.model_sha256 == model.sha256 else None

    def keep(self, model: ConsistencyModel, certificate: Certificate) -> None:
        """Write a pair in the place of the one that lies here.

        Arguments:
            model: the model.
            certificate: its certificate.

        Raises:
            InputError: a file cannot be written.
        """
        if certificate.model_sha256 != digest_in(self.model):
            kept.remove(self.certificate)
        model.save(self.model)
        certificate.save(self.certificate)
        self.forget()

    def keep_trained(self, model: ConsistencyModel, request: Any) -> None:
        """Write a model that has no certificate yet, so that its training is not lost.

        Arguments:
            model: the model.
            request: JSON of all that it depends on.
        """
        self.forget()
        model.save(self._trained / _hash_of(request))

    def trained(self, request: Any, device: str) -> ConsistencyModel | None:
        """The model that `keep_trained` wrote for this request, None where there is none.

        Arguments:
            request: JSON of all that it depends on.
            device: where it is to compute.
        """
        try:
            return ConsistencyModel.load(self._trained / _hash_of(request), device)
        except InputError:
            return None

    def forget(self) -> None:
        """Remove what `keep_trained` wrote."""
        shutil.rmtree(self._trained, ignore_errors=True)

    def refuse_another(self, f: Model | FlowMap) -> None:
        """Refuse to write a certificate of `f` where one of another model lies.

        Arguments:
            f: the model that is to be certified.

        Raises:
            InputError: the certificate here is not of `f`, or not known to be, or a model lies here
                that is not `f`.
        """
        remedy = "give another --out, or remove it"
        if self.certificate.exists() and not self._is_of(f):
            raise InputError(
                f"out {str(self.folder)!r} holds {self.certificate.name}, which is not known to be "
                f"of this model: {remedy}"
            )
        beside = digest_in(self.model)
        if beside is not None and beside != digest(f):
            raise InputError(
                f"out {str(self.folder)!r} holds {self.model.name}, which is another model: "
                f"{remedy}"
            )

    def _is_of(self, f: Model | FlowMap) -> bool:
        """Whether the certificate here is of `f`, as far as it says."""
        try:
            certificate = Certificate.load(self.certificate)
        except InputError:
            return False
        if digest(f) is None and certificate.model_sha256 is None:
            return bool(certificate.model == json.loads(json.dumps(builtins(description(f)))))
        return certificate.model_sha256 == digest(f)


def digest_in(directory: Path) -> str | None:
    """By which hash the model in a directory is known.

    Arguments:
        directory: the model's.

    Returns:
        What certificates of it name; the hash of its manifest where the rest is damaged, None where
        there is none.
    """
    try:
        return ConsistencyModel.load(directory).sha256
    except InputError:
        pass
    try:
        return hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return None


def _hash_of(request: Any) -> str:
    text = json.dumps(builtins(request), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
