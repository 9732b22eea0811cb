"""The exchange beside bare NATS and bare sockets, on the same servers in one run (see ``bench/README.md``)."""
