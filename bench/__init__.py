"""Measurements: what a frame costs (``hotpath``), and the exchange beside bare NATS and bare sockets (``exchange``)."""
