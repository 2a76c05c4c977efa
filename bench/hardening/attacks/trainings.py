"""Item 7: trainings that want more memory than there is."""
import json

from .attack import Asking, Attack, http1


class LargeTrainings(Attack):
    name, item, key = "trainings", "7", "operator"
    about = "an operator's trainings with hidden_size 400, layers 4, lookback 250 and batch_size 4096, each with another seed"

    class Peer(Asking):
        def __init__(self, counts, number, headers):
            self.headers, self.seed = headers, number * 1_000_000
            super().__init__(counts, number, b"")

        def next_request(self):
            self.seed += 1
            body = {"symbol": "AAPL", "model_name": f"LARGE{self.seed % 50}", "hidden_size": 400, "layers": 4, "lookback": 250, "batch_size": 4096, "epochs": 1, "seed": self.seed}
            return http1("POST", "/train", [*self.headers, ("Content-Type", "application/json")], json.dumps(body).encode())

    def peer(self, counts, number):
        return self.Peer(counts, number, self.headers())


ATTACKS = [LargeTrainings]
