"""Import, the demo district, running an installation."""
