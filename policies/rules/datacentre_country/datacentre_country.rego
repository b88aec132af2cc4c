# METADATA
# title: Country of the data centre
# description: >-
#   The deployment computes in a country that policy refuses, or nobody says where.
# custom:
#   id: datacentre-country
#   remedy: Use a model that is served in another country.
#   code: provider_blocked
#   mode: enforce
#   excusable: true
package rules.datacentre_country

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	candidate.datacentre_country != ""
	refused := data.settings.denied_countries.datacentre
	not candidate.datacentre_country in refused
}
