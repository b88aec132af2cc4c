# METADATA
# title: Finance stays in-house
# description: Callers of the group finance may use in-house models only.
# custom:
#   id: finance-in-house
#   remedy: Use a model that is served in-house.
#   code: policy_denied
#   mode: shadow
#   excusable: true
#   source: "Acme's handbook, section 3"
package rules.finance_in_house

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if candidate.zone == "in-house"

permitted(_) if {
	is_array(input.groups)
	not "finance" in input.groups
}
