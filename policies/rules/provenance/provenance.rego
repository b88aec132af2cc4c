# METADATA
# title: Provenance not proven
# description: >-
#   What is known of the origin of the weights is less than the zone asks for.
# custom:
#   id: provenance
#   remedy: Use a deployment whose weights are proven, or have this one's proven.
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.provenance

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if candidate.provenance in data.entities.zones[candidate.zone].provenance
