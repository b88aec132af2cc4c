# METADATA
# title: Outside the permitted hours
# description: >-
#   The application may call models at other hours only, counted in the policy's time zone.
# custom:
#   id: hours
#   remedy: Call again within the hours of the application's row.
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.hours

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(_) if input.hour in app.row.hours
