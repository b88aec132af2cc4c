# METADATA
# title: Country of the developer
# description: >-
#   The weights, wherever they run, were made in a country that policy refuses, or nobody says where.
# custom:
#   id: developer-country
#   remedy: Use a model of another developer.
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.developer_country

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	candidate.developer_country != ""
	refused := data.settings.denied_countries.developer
	not candidate.developer_country in refused
}
