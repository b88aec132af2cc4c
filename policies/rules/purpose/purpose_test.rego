package rules.purpose_test

import data.rules.purpose
import data.sample

denied(declared, row) := found if {
	found := purpose.deny with input as sample.request([sample.in_house], {"purpose": declared})
		with data.apps as sample.app(row)
		with data.purposes as sample.purposes
}

test_no_purpose_passes if count(denied("", {})) == 0

test_a_listed_purpose_passes if count(denied("evaluation", {})) == 0

test_an_unlisted_purpose_is_denied if denied("(unlisted)", {}) == {"r1-a"}

test_an_application_has_its_own_list if {
	count(denied("evaluation", {"purposes": ["evaluation"]})) == 0
	denied("distillation", {"purposes": ["evaluation"]}) == {"r1-a"}
	denied("evaluation", {"purposes": []}) == {"r1-a"}
}

test_T44_a_caller_cannot_leave_the_purpose_of_its_row if {
	fixed := {"purpose": "evaluation"}
	count(denied("", fixed)) == 0
	count(denied("evaluation", fixed)) == 0
	denied("assistance", fixed) == {"r1-a"}
}

test_missing_data_denies if {
	purpose.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.apps as {}
	purpose.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.purposes as false
}
