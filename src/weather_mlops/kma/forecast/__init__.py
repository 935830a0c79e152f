"""The KMA's own short-term forecast (단기예보): cells, parsers and the rows that they give. No HTTP."""
