"""Tests of the pure logic: `python3 -m unittest discover -s e2e/tests -t e2e`."""
