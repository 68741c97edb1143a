"""What pages show: plain values for templates, made from what queries return."""
