# METADATA
# title: Unknown weights
# description: Nobody knows who made the model or under which licence it is used.
# custom:
#   id: weights-unknown
#   remedy: Ask the security team to add the weights to policies/data/models.yaml.
#   code: policy_denied
#   mode: enforce
package rules.weights_unknown

deny contains candidate.deployment if {
	some candidate in input.candidates
	not known(candidate)
}

known(candidate) if {
	candidate.developer != ""
	data.models[candidate.weights]
	count(candidate.licences) > 0
	every licence in candidate.licences {
		data.licences[licence]
	}
}
