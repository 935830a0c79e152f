"""The forecast model: features, training, evaluation, gates, the registry of versions, and forecasts."""
