# METADATA
# title: Country of the operator
# description: >-
#   The owner of the service has its seat in a country that policy refuses. A host elsewhere moves the
#   data, not the ownership.
# custom:
#   id: operator-country
#   remedy: Use a model that is served in-house or by an operator of another country.
#   code: provider_blocked
#   mode: enforce
#   excusable: true
package rules.operator_country

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	refused := data.settings.denied_countries.operator
	not candidate.operator_country in refused
	candidate.operator_country == data.operators[candidate.operator].country
}
