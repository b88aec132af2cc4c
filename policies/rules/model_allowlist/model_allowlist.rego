# METADATA
# title: Model not permitted
# description: >-
#   The application, or the groups of its caller, may use other models only.
# custom:
#   id: model-allowlist
#   remedy: Use a model that the application and the group may use.
#   code: policy_denied
#   mode: enforce
#   excusable: true
package rules.model_allowlist

import data.app

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if candidate.rerouted == true

permitted(candidate) if {
	candidate.rerouted == false
	listed(app.row.models)
	group_permits
}

listed(models) if "*" in models

listed(models) if input.model in models

# Where rows exist for groups of the caller, one of them must list the model.
group_permits if {
	is_array(input.groups)
	is_object(data.apps.groups)
	limited := {group | some group in input.groups; data.apps.groups[group]}
	count(limited) == 0
}

group_permits if {
	some group in input.groups
	listed(data.apps.groups[group].models)
}
