"""Scripts that run in processes of their own, by path: each imports the standard library and nothing else."""
