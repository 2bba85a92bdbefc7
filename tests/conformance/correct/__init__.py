"""Correct implementations in styles that are not ours. No check may fail on them.

Each of FACTORIES makes an adapter; those of jax_style need jax.
"""

from . import arrays, flows, functional, half, modules, script, tables

FACTORIES = (
    *half.FACTORIES,
    *arrays.FACTORIES,
    *functional.FACTORIES,
    *tables.FACTORIES,
    *flows.FACTORIES,
    *modules.FACTORIES,
    *script.FACTORIES,
)
