"""Keys and sealing: the only importer of `cryptography`. Operations are named after what they are for."""
