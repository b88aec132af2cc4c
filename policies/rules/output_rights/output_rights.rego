# METADATA
# title: Outputs may not train other models
# description: >-
#   The purpose is to train or distil a model, and the licence of the weights, or the terms of the
#   operator, do not plainly allow it.
# custom:
#   id: output-rights
#   remedy: Use a model whose outputs may train other models, or declare another purpose.
#   code: purpose_forbidden
#   mode: enforce
#   excusable: true
#   cites: outputs
package rules.output_rights

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if {
	data.purposes[app.purpose].trains == true
	candidate.output_use == "allowed"
}

permitted(_) if data.purposes[app.purpose].trains == false

permitted(_) if {
	app.purpose == ""
	data.purposes
}
