# METADATA
# title: Too many output tokens
# description: >-
#   The call asks for more output than the application may have, or sets no limit where its row has one.
# custom:
#   id: max-tokens
#   remedy: Set max_completion_tokens to no more than the application's limit.
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.max_tokens

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(_) if app.row.max_output_tokens == 0

permitted(_) if {
	input.max_output_tokens > 0
	input.max_output_tokens <= app.row.max_output_tokens
}
