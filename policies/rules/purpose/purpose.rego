# METADATA
# title: Purpose not permitted
# description: >-
#   A call that declares a purpose needs one that policy knows, and outputs may train other models
#   only where the weights' licence and the operator's terms say so.
# custom:
#   id: purpose
#   remedy: Use a model whose outputs may train other models, or declare another purpose.
#   code: purpose_forbidden
#   mode: enforce
package rules.purpose

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(_) if {
	input.purpose == ""
	data.settings.purposes
}

permitted(candidate) if {
	data.settings.purposes[input.purpose]
	input.purpose == "distillation"
	candidate.output_use == "allowed"
}

permitted(_) if {
	data.settings.purposes[input.purpose]
	input.purpose != "distillation"
}
