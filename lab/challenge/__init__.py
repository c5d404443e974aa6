"""A challenge: ten questions and goals of the lessons, the same for all who have its seed."""
