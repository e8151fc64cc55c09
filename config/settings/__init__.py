"""Settings: `base` reads the environment; `dev`, `test` and `prod` say what differs."""
