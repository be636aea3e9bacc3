"""A Kubernetes cluster of plain processes: its parts, built from the Go module proxy, and its life."""
