"""What a page's numbers leave the lab as: Python, a notebook, CSV and NumPy's own files."""
