"""Files that come in, are kept below one folder, and go when nobody needs them."""
