"""A plugin that is loaded first: nothing in tests checks IRIs, whose grammar jsonschema would have
made with a second and a half of work in every process that imports it, as nbval has it do."""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # an import fails, which jsonschema allows for
