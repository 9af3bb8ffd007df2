"""A Kubernetes cluster, through the program kubectl, which knows all ways to sign in. Nothing is sent before
something is asked of it."""
