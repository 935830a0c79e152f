"""The KMA API Hub: its wire format, a client, and its stations."""
