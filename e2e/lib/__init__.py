"""The parts of `e2e/demo` and `e2e/install`; standard library only, except `tap_main` (runs in the installed venv)."""
