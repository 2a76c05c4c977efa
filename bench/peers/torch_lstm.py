#!/usr/bin/env python3
"""PyTorch doing the work of `closecast bench`: the same networks, data, loss and optimiser.

    python torch_lstm.py --layers 2 --hidden 50 --features 16 --batch 32            one line of JSON
    python torch_lstm.py --recipe --windows 2000 --epochs 50 --out model.pt         a whole training, from start to saved model
    python torch_lstm.py --sgemm                                                    GFLOP/s of a large matrix product

A step is forward, mean squared error of a linear head, backward and Adam, timed one by one; the median is printed.
"""
import time

STARTED = time.perf_counter()  # before PyTorch is imported: a user waits for that too

import argparse
import json
import statistics

import torch
from torch import nn


class Forecaster(nn.Module):
    """Stacked LSTM layers, whatever `closecast bench` may put between and after them, and a linear head."""

    def __init__(self, a):
        super().__init__()
        width = a.hidden * (2 if a.bidirectional else 1)
        self.residual = a.residual
        if a.layer_norm or a.residual:
            sizes = [a.features] + [width] * (a.layers - 1)
            self.lstm = nn.ModuleList(
                nn.LSTM(size, a.hidden, batch_first=True, bidirectional=a.bidirectional) for size in sizes)
        else:
            self.lstm = nn.LSTM(a.features, a.hidden, a.layers, batch_first=True, bidirectional=a.bidirectional,
                                dropout=a.dropout if a.layers > 1 else 0.0)
        self.norm = nn.ModuleList(nn.LayerNorm(width) for _ in range(a.layers)) if a.layer_norm else None
        self.dropout = nn.Dropout(a.dropout)
        self.score = None
        if a.attention:
            self.score = nn.Sequential(nn.Linear(width, a.hidden), nn.Tanh(), nn.Linear(a.hidden, 1, bias=False))
        self.head = nn.Linear(width, 1)

    def body(self, x):
        if isinstance(self.lstm, nn.LSTM):
            return self.lstm(x)[0]
        for k, layer in enumerate(self.lstm):
            y = layer(x)[0]
            y = self.norm[k](y) if self.norm else y
            y = y + x if self.residual and k > 0 else y
            x = self.dropout(y) if k + 1 < len(self.lstm) else y
        return x

    def forward(self, x):
        y = self.body(x)
        if self.score is None:
            return self.head(y[:, -1])
        return self.head((torch.softmax(self.score(y), dim=1) * y).sum(dim=1))


def median_seconds(work, steps, warmup):
    times = []
    for step in range(warmup + steps):
        start = time.perf_counter()
        work()
        if step >= warmup:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def train_step(net, optimiser, x, y):
    optimiser.zero_grad(set_to_none=True)
    nn.functional.mse_loss(net(x), y).backward()
    optimiser.step()


def time_steps(a):
    net = Forecaster(a).train(not a.infer)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    x, y = torch.randn(a.batch, a.seq, a.features), torch.randn(a.batch, 1)

    def infer():
        with torch.inference_mode():
            net(x)

    seconds = median_seconds(infer if a.infer else lambda: train_step(net, optimiser, x, y), a.steps, a.warmup)
    return {"engine": f"torch {torch.__version__}", "mode": "infer" if a.infer else "train", **vars(a),
            "ms_per_step": seconds * 1e3, "samples_per_s": a.batch / seconds}


def whole_training(a):
    """A training as its user writes it: windows as a tensor, a shuffled loader, validation each epoch, the best kept."""
    net = Forecaster(a)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    x, y = torch.randn(a.windows, a.seq, a.features), torch.randn(a.windows, 1)
    cut = int(a.windows * 0.85)
    data = torch.utils.data.TensorDataset(x[:cut], y[:cut])
    loader = torch.utils.data.DataLoader(data, batch_size=a.batch, shuffle=True)
    best = float("inf")
    for _ in range(a.epochs):
        net.train()
        for batch in loader:
            train_step(net, optimiser, *batch)
        net.eval()
        with torch.inference_mode():
            loss = nn.functional.mse_loss(net(x[cut:]), y[cut:]).item()
        if loss < best:
            best = loss
            torch.save(net.state_dict(), a.out)
    return {"engine": f"torch {torch.__version__}", "mode": "recipe", **vars(a), "seconds": time.perf_counter() - STARTED}


def sgemm(a):
    size = 2048
    x, y = torch.randn(size, size), torch.randn(size, size)
    seconds = median_seconds(lambda: x @ y, 15, 3)
    return {"engine": f"torch {torch.__version__}", "mode": "sgemm", "threads": a.threads, "gflops": 2 * size**3 / seconds / 1e9}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = dict(layers=2, hidden=50, features=16, seq=60, batch=32, steps=60, warmup=10, threads=2, windows=2000, epochs=50)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.2)
    for flag in ["bidirectional", "layer-norm", "residual", "attention", "infer", "recipe", "sgemm"]:
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--out", default="model.pt")
    a = parser.parse_args()
    torch.manual_seed(42)
    torch.set_num_threads(a.threads)
    result = sgemm(a) if a.sgemm else whole_training(a) if a.recipe else time_steps(a)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
