"""What is written as HTML, opened in a real browser: Chromium without a window, spoken to over two pipes."""
