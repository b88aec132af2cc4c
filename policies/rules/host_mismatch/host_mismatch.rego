# METADATA
# title: Host and operator do not match
# description: >-
#   A vendor is reached at the vendor's own hosts, and an in-house deployment is at nobody's. Anything
#   else is a mistake or a disguise.
# custom:
#   id: host-mismatch
#   remedy: Correct the deployment's base_url or operator in sekisho.yaml.
#   code: provider_blocked
#   mode: enforce
package rules.host_mismatch

deny contains candidate.deployment if {
	some candidate in input.candidates
	not matches(candidate)
}

matches(candidate) if {
	data.operators[candidate.operator].kind == "vendor"
	candidate.host_operator == candidate.operator
}

matches(candidate) if {
	data.operators[candidate.operator].kind == "self"
	candidate.host_operator == ""
	candidate.host != ""
}
