"""com.microsoft: the searches that generate tokens, loops around a decoder of which only the ends are seen here."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Fact
from ..checks import of_rank
from .microsoft import microsoft, same_as_input
from .microsoft_decoding import value_of


@microsoft("BeamSearch")
def beam_search(
    input_ids: Fact,
    max_length: Fact,
    min_length: Fact | None = None,
    num_beams: Fact | None = None,
    num_return_sequences: Fact | None = None,
    length_penalty: Fact | None = None,
    repetition_penalty: Fact | None = None,
    vocab_mask: Fact | None = None,
    prefix_vocab_mask: Fact | None = None,
    attention_mask: Fact | None = None,
    decoder_input_ids: Fact | None = None,
    logits_processor: Fact | None = None,
    *,
    model_type: int = 0,
    vocab_size: int = -1,
) -> Answer:
    """How many sequences, and of what length, are values: sequences, their scores, the scores of all words."""
    answer = _searched(input_ids, max_length, num_return_sequences, length_penalty)
    if model_type != 0:  # the prompt is a decoder's
        return answer
    batch, length = of_rank(input_ids, 2, "input_ids")
    most, words = value_of(max_length), vocab_size if vocab_size > 0 else None
    steps = None if most is None or length is None else most - length
    *ends, scores = answer.outputs
    return answer._replace(outputs=(*ends, scores.shaped(steps, batch, value_of(num_beams), words)))


@microsoft("WhisperBeamSearch")
def whisper_beam_search(
    input_ids: Fact,
    max_length: Fact,
    min_length: Fact | None = None,
    num_beams: Fact | None = None,
    num_return_sequences: Fact | None = None,
    length_penalty: Fact | None = None,
    repetition_penalty: Fact | None = None,
    vocab_mask: Fact | None = None,
    prefix_vocab_mask: Fact | None = None,
    attention_mask: Fact | None = None,
    decoder_input_ids: Fact | None = None,
    logits_processor: Fact | None = None,
    cross_qk_layer_head: Fact | None = None,
    extra_decoding_ids: Fact | None = None,
    temperature: Fact | None = None,
) -> Answer:
    return _searched(input_ids, max_length, num_return_sequences, length_penalty, 2)


def _searched(x: Fact, most: Fact, returned: Fact | None, penalty: Fact | None, more: int = 0) -> Answer:
    batch = x.shape[0] if x.shape else None
    sequences = (batch, value_of(returned), value_of(most))
    dtype = None if penalty is None else penalty.dtype
    return Answer(
        (Fact(DType.INT32.value, sequences), Fact(dtype, sequences[:2]), Fact(dtype), *(Fact(),) * more), macs=None
    )


@microsoft("GreedySearch")
def greedy_search(
    input_ids: Fact,
    max_length: Fact,
    min_length: Fact | None = None,
    repetition_penalty: Fact | None = None,
    vocab_mask: Fact | None = None,
    prefix_vocab_mask: Fact | None = None,
    attention_mask: Fact | None = None,
) -> Answer:
    """One sequence for each row."""
    batch = of_rank(input_ids, 2, "input_ids")[0]
    return Answer((Fact(DType.INT32.value, (batch, value_of(max_length))),), macs=None)


@microsoft("Sampling")
def sampling(
    input_ids: Fact,
    max_length: Fact,
    min_length: Fact | None = None,
    repetition_penalty: Fact | None = None,
    vocab_mask: Fact | None = None,
    prefix_vocab_mask: Fact | None = None,
    attention_mask: Fact | None = None,
    presence_mask: Fact | None = None,
    seed: Fact | None = None,
) -> Answer:
    answer = greedy_search(input_ids, max_length)
    return answer._replace(outputs=(*answer.outputs, Fact()))


@microsoft("NGramRepeatBlock")
def n_gram_repeat_block(input_ids: Fact, scores: Fact) -> Fact:
    return same_as_input(scores)


@microsoft("BifurcationDetector")
def bifurcation_detector(
    src_tokens: Fact, cur_tokens: Fact, prev_suffix_match_idx: Fact, pred_tokens: Fact | None = None
) -> tuple[Fact, Fact]:
    """How many predicted tokens are kept, their values decide."""
    length = None if pred_tokens is not None or cur_tokens.shape is None else of_rank(cur_tokens, 1, "cur_tokens")[0]
    return cur_tokens.shaped(length), Fact(src_tokens.dtype, ())
