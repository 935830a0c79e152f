"""One system: these files share it, in the order of their names."""
