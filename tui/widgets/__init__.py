"""The widgets all screens use: they get values, draw them, and say what a person did."""
