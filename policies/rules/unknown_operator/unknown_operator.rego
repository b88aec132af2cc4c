# METADATA
# title: Unknown operator
# description: Nobody knows who runs the destination, so nothing about it is proven.
# custom:
#   id: unknown-operator
#   remedy: Ask the security team to add the operator to policies/data/operators.yaml.
#   code: provider_blocked
#   mode: enforce
package rules.unknown_operator

deny contains candidate.deployment if {
	some candidate in input.candidates
	not known(candidate)
}

known(candidate) if data.operators[candidate.operator].status
