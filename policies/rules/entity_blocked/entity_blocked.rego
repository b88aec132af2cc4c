# METADATA
# title: Content may not go there
# description: The request holds data that policy keeps out of the destination's zone.
# custom:
#   id: entity-blocked
#   remedy: Remove the data, or use a model that is served where it may go.
#   code: content_blocked
#   mode: enforce
package rules.entity_blocked

import data.treatment

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	every entity, _ in input.findings {
		treatment.table[candidate.zone][entity] in {"keep", "placeholder", "surrogate", "mask", "hash", "in-house-only"}
	}
}
