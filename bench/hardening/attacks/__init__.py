"""The attacks by name. Each says what it does in one line, whom it pretends to be, and what one of its connections does."""
from . import artifacts, bodies, compression, connections, floods, streams, trainings, uploads, websockets
from .attack import Attack, Context

ALL = {
    attack.name: attack
    for module in (compression, floods, streams, uploads, artifacts, trainings, bodies, connections, websockets)
    for attack in module.ATTACKS
}

__all__ = ["ALL", "Attack", "Context"]
