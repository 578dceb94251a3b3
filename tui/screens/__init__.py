"""The screens: one module a screen, each composed of panes and widgets."""
