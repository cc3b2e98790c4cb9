"""The container backend: Docker Compose brings a stack up, the Docker engine is asked for everything else."""
