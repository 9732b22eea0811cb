"""The message bus of a member: NATS JetStream servers joined by leaf links. The only room that speaks to NATS."""
