"""The print-outs are made by libraries that the project does not need otherwise."""

collect_ignore = ["print_out.py"]
