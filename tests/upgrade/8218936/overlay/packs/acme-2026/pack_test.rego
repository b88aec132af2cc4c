package pack_tests.acme_2026_test

import data.pack
import data.sample

denied(changes, more) := found if {
	found := pack.of("acme-2026") with input as sample.request([object.union(sample.cloud, changes)], more)
}

test_others_pass if count(denied({}, {"findings": {"PERSON": {"user": "1"}}})) == 0

test_the_laboratory_is_refused if denied({"operator": "acme-lab"}, {}) == {"cloud"}

test_personal_data_does_not_go_to_france if {
	count(denied({"datacentre_country": "FR"}, {})) == 0
	denied({"datacentre_country": "FR"}, {"findings": {"PERSON": {"user": "1"}}}) == {"cloud"}
}
