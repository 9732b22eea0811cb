"""A throw-away federation on this machine that replays launches of the public record; everything in it is ``test``."""
