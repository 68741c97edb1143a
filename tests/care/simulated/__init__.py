"""Years in a district, acted out by the real commands, beside a book of one's own about everything that is due."""
