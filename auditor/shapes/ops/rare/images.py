"""Images out of files."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Fact
from ...registry import op
from ..checks import of_rank


@op("ImageDecoder", since=20)
def image_decoder(encoded_stream: Fact) -> Fact:
    """(Height, width, channels), all in the file; what cannot be decoded gives an empty image.

    https://onnx.ai/onnx/operators/onnx__ImageDecoder.html
    """
    of_rank(encoded_stream, 1, "encoded_stream")
    return Fact(DType.UINT8.value, (None, None, None))
