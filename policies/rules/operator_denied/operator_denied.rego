# METADATA
# title: Operator denied
# description: >-
#   The destination is run by an operator that policy does not allow, whatever the deployment calls
#   itself: the operator of the host counts as well as the declared one.
# custom:
#   id: operator-denied
#   remedy: Use a model that is served in-house or by an allowed operator.
#   code: provider_blocked
#   mode: enforce
#   excusable: true
package rules.operator_denied

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	allowed(candidate.operator)
	host_allowed(candidate.host_operator)
}

host_allowed(operator) if operator == ""

host_allowed(operator) if allowed(operator)

allowed(operator) if data.operators[operator].status == "allowed"
