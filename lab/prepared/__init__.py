"""A lesson that somebody prepares: it lives in its link, and nothing of it is stored here."""
