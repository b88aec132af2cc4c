# METADATA
# title: Zone and operator do not match
# description: >-
#   Only the organisation's own deployments can be in-house or on a device; a vendor's service is a cloud,
#   and what may be sent follows the zone.
# custom:
#   id: zone-mismatch
#   remedy: Correct the deployment's zone or operator in sekisho.yaml.
#   code: provider_blocked
#   mode: enforce
package rules.zone_mismatch

deny contains candidate.deployment if {
	some candidate in input.candidates
	not offered(candidate)
}

offered(candidate) if {
	candidate.zone in {"trusted-cloud", "public-cloud"}
	data.operators[candidate.operator].kind
}

offered(candidate) if {
	candidate.zone in {"in-house", "device"}
	data.operators[candidate.operator].kind == "self"
}
