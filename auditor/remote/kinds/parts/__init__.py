"""What kinds share, and what one of them needs beside its own page."""
