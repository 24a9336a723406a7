"""com.microsoft: mixtures of experts.

`macs`: each token goes through so many experts as it is sent to; the router's own product is another operator.
"""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Exact, Fact, Need
from ...sizes.dim import Size
from ..checks import tally
from .heads import added
from .microsoft import last, microsoft, same_as_input


@microsoft("MoE")
def moe(
    input: Fact,
    router_probs: Fact,
    fc1_experts_weights: Fact,
    fc1_experts_bias: Fact | None = None,
    fc2_experts_weights: Fact | None = None,
    fc2_experts_bias: Fact | None = None,
    fc3_experts_weights: Fact | None = None,
    fc3_experts_bias: Fact | None = None,
    *,
    k: int = 1,
) -> Answer:
    """Two layers, or three, of which each expert has its own."""
    experts, hidden = last(router_probs), last(input)
    tokens = tally(*input.shape[:-1]) if input.shape else None
    macs: Size | None = 0
    for weights in (fc1_experts_weights, fc2_experts_weights, fc3_experts_weights):
        if weights is not None:
            sizes = weights.shape[1:] if weights.shape is not None and len(weights.shape) == 3 else (None,)
            macs = added(macs, tally(tokens, k, *sizes))
    needs: dict[str, Need] = {
        "fc1_experts_weights": Exact((experts, None, hidden), "learnable"),
        "fc1_experts_bias": Exact((experts, None), "learnable"),
        "fc2_experts_weights": Exact((experts, hidden, None), "learnable"),
        "fc2_experts_bias": Exact((experts, hidden), "learnable"),
        "fc3_experts_weights": Exact((experts, None, hidden), "learnable"),
        "fc3_experts_bias": Exact((experts, None), "learnable"),
    }
    return Answer((same_as_input(input),), needs, macs)


@microsoft("QMoE")
def q_moe(
    input: Fact,
    router_probs: Fact,
    fc1_experts_weights: Fact,
    fc1_scales: Fact | None = None,
    fc1_experts_bias: Fact | None = None,
    fc2_experts_weights: Fact | None = None,
    fc2_scales: Fact | None = None,
    fc2_experts_bias: Fact | None = None,
    fc3_experts_weights: Fact | None = None,
    fc3_scales: Fact | None = None,
    fc3_experts_bias: Fact | None = None,
    fc1_zero_points: Fact | None = None,
    fc2_zero_points: Fact | None = None,
    fc3_zero_points: Fact | None = None,
    router_weights: Fact | None = None,
    fc1_global_scale: Fact | None = None,
    fc2_global_scale: Fact | None = None,
    fc1_act_scale: Fact | None = None,
    fc2_act_scale: Fact | None = None,
    fc1_act_block_scale: Fact | None = None,
    fc2_act_block_scale: Fact | None = None,
) -> Answer:
    """Weights of a few bits; how wide a layer is, their packing hides."""
    return Answer((same_as_input(input),), macs=None)


@microsoft("MoEPacked")
def moe_packed(
    input: Fact,
    router_probs: Fact,
    gate_experts_weights: Fact,
    up_experts_weights: Fact | None = None,
    down_experts_weights: Fact | None = None,
    router_weights: Fact | None = None,
) -> Answer:
    return Answer((same_as_input(input),), macs=None)


@microsoft("MoEGroupRouter")
def moe_group_router(logits: Fact, expert_bias: Fact, projection_weight: Fact | None = None) -> Answer:
    """A score of each expert for each token; with a weight, the logits are worked out here."""
    tokens = tally(*logits.shape[:-1]) if logits.shape else None
    experts = expert_bias.shape[0] if expert_bias.shape and len(expert_bias.shape) == 1 else None
    scores = Fact(DType.FLOAT.value, (tokens, experts))
    macs = 0 if projection_weight is None else tally(tokens, last(logits), experts)
    return Answer((logits.shaped(tokens, experts), scores, scores), macs=macs)
