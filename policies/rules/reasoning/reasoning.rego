# METADATA
# title: Nobody says who may see the reasoning
# description: >-
#   A model's reasoning repeats what was in the prompt. It is passed, kept with its placeholders, or dropped:
#   the strictest of what the zone and the application say, and dropped for callers outside the groups
#   that may see it, or who harvest it. A candidate without an answer is refused.
# custom:
#   id: reasoning
#   remedy: Ask the security team to complete entities.yaml and apps.yaml.
#   code: policy_denied
#   mode: enforce
package rules.reasoning

import data.app
import data.rules.harvest

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if mode[candidate.deployment]

mode[candidate.deployment] := strictest if {
	some candidate in input.candidates
	zone := data.entities.zones[candidate.zone].reasoning
	strictest := among({zone, app.row.reasoning, for_groups, harvest.reasoning[candidate.deployment]})
}

# Only modes that are known: with any other, the candidate has no mode and is refused.
among(modes) := "drop" if {
	"drop" in modes
} else := "redact" if {
	"redact" in modes
} else := "pass" if {
	modes == {"pass"}
}

for_groups := "pass" if {
	"*" in app.row.reasoning_groups
} else := "pass" if {
	some group in input.groups
	group in app.row.reasoning_groups
} else := "drop" if {
	is_array(input.groups)
	is_array(app.row.reasoning_groups)
}
