# METADATA
# title: Purpose not permitted
# description: >-
#   The call declares a purpose that policy does not know, that the application may not have, or that
#   differs from the one its row fixes.
# custom:
#   id: purpose
#   remedy: Declare a purpose that the application may have, or none.
#   code: purpose_forbidden
#   mode: enforce
package rules.purpose

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(_) if {
	declarable
	listed
	in_keeping
}

# A purpose that purposes.yaml lists, or none.
declarable if {
	input.purpose == ""
	data.purposes
}

declarable if data.purposes[input.purpose]

listed if app.purpose == ""

listed if "*" in app.row.purposes

listed if app.purpose in app.row.purposes

# A caller can't leave the purpose that its application's row fixes.
in_keeping if app.row.purpose == ""

in_keeping if app.row.purpose == app.purpose
