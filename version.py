"""The version of the app; CHANGELOG.md says what came with it."""

VERSION = "0.2.0"
