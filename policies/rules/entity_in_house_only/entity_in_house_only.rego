# METADATA
# title: Content must stay in-house
# description: >-
#   The request holds data that policy keeps in-house. The application's row says whether such a call
#   goes to an in-house model instead.
# custom:
#   id: entity-in-house-only
#   remedy: Use a model that is served in-house.
#   code: content_blocked
#   mode: enforce
package rules.entity_in_house_only

import data.treatment

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	every entity, _ in input.findings {
		treatment.table[candidate.zone][entity] != "in-house-only"
	}
}
