# METADATA
# title: Too many different prompts with reasoning
# description: >-
#   The key has sent the model more different prompts than one key may, as if to train another model on
#   its reasoning, or nobody knows how many, and the application's row says to deny. Where the row says to
#   drop, the call passes and its reasoning does not.
# custom:
#   id: harvest
#   remedy: Wait until the window has passed, or ask the security team for a higher limit.
#   code: policy_denied
#   mode: enforce
package rules.harvest

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	reasoning[candidate.deployment]
	candidate.harvest in {"off", "below"}
}

permitted(candidate) if {
	reasoning[candidate.deployment]
	app.row.when_harvesting in {"pass", "drop"}
}

# What is done with reasoning, as far as this rule decides.
reasoning[candidate.deployment] := "pass" if {
	some candidate in input.candidates
	candidate.harvest in {"off", "below"}
	app.row.when_harvesting in {"pass", "drop", "deny"}
}

reasoning[candidate.deployment] := "pass" if {
	some candidate in input.candidates
	candidate.harvest in {"over", "unknown"}
	app.row.when_harvesting == "pass"
}

reasoning[candidate.deployment] := "drop" if {
	some candidate in input.candidates
	candidate.harvest in {"over", "unknown"}
	app.row.when_harvesting in {"drop", "deny"}
}
