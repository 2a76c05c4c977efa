#!/usr/bin/env python3
"""Asks a closecast server through NVIDIA's client, tritonclient[http], with all that it can send.

    python triton_client.py 127.0.0.1:8000
"""

import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def tensors(datatype, binary, days=120, batch=2, names=("close", "open", "high", "low", "volume")):
    numbers = numpy.random.default_rng(7)
    close = 100 * numpy.exp(numpy.cumsum(numbers.normal(0, 0.01, (batch, days)), axis=1))
    spread = 1 + numpy.abs(numbers.normal(0, 0.004, (batch, days)))
    prices = {
        "close": close,
        "open": close,
        "high": close * spread,
        "low": close / spread,
        "volume": numbers.uniform(1e6, 2e6, (batch, days)),
    }
    inputs = []
    for name in names:
        tensor = triton.InferInput(name, [batch, days], datatype)
        data = prices[name].astype(numpy.float64 if datatype == "FP64" else numpy.float32)
        tensor.set_data_from_numpy(data, binary_data=binary)
        inputs.append(tensor)
    return inputs, close


def refused(call, part):
    try:
        call()
    except InferenceServerException as error:
        assert part in str(error), error
    else:
        raise AssertionError(f"not refused: {part}")


def describe(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("BASE") and client.is_model_ready("BASE", "0")
    assert not client.is_model_ready("other")
    assert client.get_server_metadata()["name"] == "closecast"
    metadata = client.get_model_metadata("BASE")
    assert [tensor["name"] for tensor in metadata["outputs"]] == ["point", "quantiles", "levels"], metadata
    assert {"name": "BASE", "version": "0", "state": "READY", "reason": ""} in client.get_model_repository_index()
    refused(lambda: client.get_model_metadata("other"), "there is no model")


def infer(client):
    inputs, close = tensors("FP64", True)
    expected = client.infer("BASE", inputs, request_id="1", parameters={"symbol": "AAPL"})
    point, quantiles, levels = (expected.as_numpy(name) for name in ("point", "quantiles", "levels"))
    assert point.shape == (2, 5) and quantiles.shape == (2, 5, 21) and levels.shape == (21,)
    assert expected.get_response()["id"] == "1"
    assert numpy.all(numpy.diff(quantiles, axis=2) > 0) and numpy.all(numpy.abs(point / close[:, -1:] - 1) < 0.1)
    for binary_in in (True, False):
        for binary_out in (True, False):
            for packed in (None, "gzip", "deflate"):
                outputs = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("quantiles", "point")]
                result = client.infer(
                    "BASE",
                    tensors("FP64", binary_in)[0],
                    model_version="0",
                    outputs=outputs,
                    parameters={"symbol": "AAPL"},
                    request_compression_algorithm=packed,
                    response_compression_algorithm=packed if packed == "gzip" else None,
                )
                case = (binary_in, binary_out, packed)
                assert numpy.array_equal(result.as_numpy("point"), point), case
                assert numpy.array_equal(result.as_numpy("quantiles"), quantiles), case
                assert result.as_numpy("levels") is None, case
    single = client.infer("BASE", tensors("FP32", True)[0], parameters={"symbol": "AAPL"})
    assert numpy.allclose(single.as_numpy("point"), point, rtol=1e-5)
    pending = [client.async_infer("BASE", inputs, parameters={"symbol": "AAPL"}) for _ in range(8)]
    assert all(numpy.array_equal(one.get_result().as_numpy("point"), point) for one in pending)


def refuse(client):
    refused(lambda: client.infer("other", tensors("FP64", True)[0]), "there is no model")
    refused(lambda: client.infer("BASE", tensors("FP64", True, days=19)[0]), "needs 20")
    refused(lambda: client.infer("BASE", tensors("FP64", True, names=("open",))[0]), 'input "close": is missing')
    inputs, _ = tensors("FP64", True, names=("close",))
    assert client.infer("BASE", inputs).as_numpy("quantiles") is None
    wanted = [triton.InferRequestedOutput("quantiles")]
    refused(lambda: client.infer("BASE", inputs, outputs=wanted), "send open, high and low")


with triton.InferenceServerClient(sys.argv[1], concurrency=4) as client:
    describe(client)
    infer(client)
    refuse(client)
print("tritonclient understands all answers")
