"""A black-box suite for implementations of the Tocsin protocol: it knows ``spec/`` and no implementation."""
