"""What a file says of a tensor, and where its data lies: in spans of the file, or in another one."""

from ..tuples import NamedTuple


class Span(NamedTuple):
    """Bytes of a tensor's data within a file: ``field`` is the TensorProto field that holds them."""

    field: int  # 4 float_data, 5 int32_data, 6 string_data, 7 int64_data, 9 raw_data, 10 double_data, 11 uint64_data
    offset: int
    length: int
    tagged: bool = False  # each value stands behind its tag (strings always), not packed


class Blob(NamedTuple):
    """A string attribute too long to hold in memory (an engine or a vocabulary): where it lies in the file."""

    offset: int
    length: int


class External(NamedTuple):
    """Where a tensor says that its data lies (TensorProto.external_data); ``length`` None: to the end of the file.

    What is not a number (``external.entry_troubles`` says so) is 0 or None here.
    """

    location: str
    offset: int
    length: int | None
    entries: tuple[tuple[str, str], ...]  # all key-value pairs as written


class Tensor(NamedTuple):
    """A TensorProto without its data."""

    name: str
    dtype: int
    dims: tuple[int, ...]
    spans: tuple[Span, ...]  # data in the model file, in file order
    external: External | None
    offset: int  # of the message in the file; -1 in a tensor that no file holds

    @property
    def elements(self) -> int:
        """How many elements the dims say; of more than 2^64, that many: a file's dims make numbers without end."""
        count = 1
        for d in self.dims:
            count *= d
        return min(count, 1 << 64)


class SparseTensor(NamedTuple):
    values: Tensor
    indices: Tensor
    dims: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.values.name
