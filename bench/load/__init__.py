"""Members of a federation under load on one machine: what the measurements of flood, catch-up and bulk share."""
