# METADATA
# title: Content that can't be scanned
# description: >-
#   Images, audio and files are not read by any detector, so they go only to zones that may receive
#   unscanned content.
# custom:
#   id: modality
#   remedy: Send text only, or use a model that is served in-house.
#   code: content_blocked
#   mode: enforce
#   excusable: true
package rules.modality

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	accepted := data.entities.zones[candidate.zone].unscannable
	every kind in input.unscannable {
		kind in accepted
	}
}
