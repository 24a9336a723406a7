"""What is drawn of a model: plain data, which knows neither files nor SVG."""
