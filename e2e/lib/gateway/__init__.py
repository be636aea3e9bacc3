"""A real gateway in front of real pools on a Kubernetes cluster of plain processes, and the official conformance suite."""
