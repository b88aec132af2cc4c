package pack_tests.kr_pipc_test

import data.pack
import data.sample

denied(changes, more) := found if {
	found := pack.of("kr-pipc") with input as sample.request([object.union(sample.cloud, changes)], more)
}

test_the_deepseek_cloud_is_denied_however_it_is_called if {
	denied({"operator": "deepseek", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "openai", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "deepseek", "host_operator": ""}, {}) == {"cloud"}
}

test_what_cannot_be_read_is_denied if {
	pack.of("kr-pipc") == {"x"} with input as {"candidates": [{"deployment": "x"}]}
}

test_r1_in_house_passes if {
	count(pack.of("kr-pipc")) == 0 with input as sample.request([sample.in_house], {"findings": {"PERSON": {"user": "1"}}})
}

test_volcano_engine_is_denied if {
	denied({"operator": "volcengine", "host_operator": "volcengine"}, {}) == {"cloud"}
}
