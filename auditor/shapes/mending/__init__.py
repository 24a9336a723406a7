"""Which edit would mend a fault: proposed by what people get wrong, tried by propagation, ranked by how usual it is."""
