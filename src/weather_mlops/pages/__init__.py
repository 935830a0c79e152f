"""What the HTML pages of the pipelines have in common: the model card, the monitoring report."""
