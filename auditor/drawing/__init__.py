"""Plain pictures as SVG and HTML text: geometry and markup, and nothing of models."""
