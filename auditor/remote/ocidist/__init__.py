"""What is spoken with OCI registries: addresses, credentials, manifests, layers. https://github.com/opencontainers"""
