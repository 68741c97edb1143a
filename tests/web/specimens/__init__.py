"""Sample contexts for every page template, and the script that renders and photographs them."""
