"""emel.toml → the pipeline in GitLab, as `.gitlab-ci.yml`, as a file to include, and as a CI/CD component.

Everything here is pure: what goes in is a `Spec`, what comes out is text. Keywords are those of GitLab's
documentation, «CI/CD YAML syntax reference»; nothing needs a paid plan.
"""

from emel.ci.component import component
from emel.ci.pipeline import HEADER, as_include, as_pipeline
from emel.ci.spec import Spec
from emel.ci.sweeps import MOST_CELLS, child_pipeline

__all__ = ["HEADER", "MOST_CELLS", "Spec", "as_include", "as_pipeline", "child_pipeline", "component"]
