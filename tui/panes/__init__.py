"""What screens are made of: values in, drawn lines out; no pane touches store, network or files."""
