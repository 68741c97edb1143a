"""Clinical content: the YAML files of workflows/, loaded and checked once, then read-only."""

from mengya_health.content.documents import Problem
from mengya_health.content.loading import Content, check, load_content

__all__ = ["Content", "Problem", "check", "load_content"]
