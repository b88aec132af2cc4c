package pack_tests.it_garante_test

import data.pack
import data.sample

denied(changes, more) := found if {
	found := pack.of("it-garante") with input as sample.request([object.union(sample.cloud, changes)], more)
}

test_the_deepseek_cloud_is_denied_however_it_is_called if {
	denied({"operator": "deepseek", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "openai", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "deepseek", "host_operator": ""}, {}) == {"cloud"}
}

test_what_cannot_be_read_is_denied if {
	pack.of("it-garante") == {"x"} with input as {"candidates": [{"deployment": "x"}]}
}

test_r1_in_house_passes if {
	count(pack.of("it-garante")) == 0 with input as sample.request([sample.in_house], {"findings": {"PERSON": {"user": "1"}}})
}
