# METADATA
# title: Bias not measured or too high
# description: >-
#   The application or the purpose of the call has a maximum for the bias of a model's answers, and the deployment's
#   score is above it, too old, or unknown.
# custom:
#   id: bias
#   remedy: Use a deployment whose measured bias is within the maximum, or have this one measured (sekisho models probe --bias).
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.bias

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	within(candidate, app.row.max_bias)
	within(candidate, purpose_limit)
}

# The worst score is 1: where that is allowed, no measurement is needed.
within(_, limit) if limit == 1

within(candidate, limit) if {
	is_number(candidate.bias)
	candidate.bias >= 0
	candidate.bias <= limit
	is_number(candidate.bias_days)
	candidate.bias_days >= 0
	candidate.bias_days <= data.settings.bias_days
}

# A purpose without a row is refused by the rule `purpose`.
purpose_limit := data.purposes[app.purpose].max_bias if {
	data.purposes[app.purpose]
} else := 1 if data.purposes
