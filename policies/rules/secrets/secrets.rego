# METADATA
# title: Secrets never leave
# description: >-
#   The request holds a credential. Whatever entities.yaml says, credentials go to in-house models and
#   devices alone.
# custom:
#   id: secrets
#   remedy: Remove the credential, and replace it since it has been in a prompt.
#   code: content_blocked
#   mode: enforce
package rules.secrets

deny contains candidate.deployment if {
	some candidate in input.candidates
	not permitted(candidate)
}

permitted(candidate) if candidate.zone in {"in-house", "device"}

permitted(_) if {
	every entity, _ in input.findings {
		not startswith(entity, "SECRET_")
	}
}
