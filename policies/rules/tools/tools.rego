# METADATA
# title: Tools not permitted
# description: >-
#   The application may not let models call tools.
# custom:
#   id: tools
#   remedy: Leave out the tools, or ask the security team for them.
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.tools

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(_) if input.tools == "0"

permitted(_) if {
	input.tools in {"1", "2-9", "10+"}
	app.row.tools == true
}
