package pack_tests.jp_gov_2025_02_06_test

import data.pack
import data.sample

denied(changes, more) := found if {
	found := pack.of("jp-gov-2025-02-06") with input as sample.request([object.union(sample.cloud, changes)], more)
}

test_the_deepseek_cloud_is_denied_however_it_is_called if {
	denied({"operator": "deepseek", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "openai", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "deepseek", "host_operator": ""}, {}) == {"cloud"}
}

test_what_cannot_be_read_is_denied if {
	pack.of("jp-gov-2025-02-06") == {"x"} with input as {"candidates": [{"deployment": "x"}]}
}

test_r1_in_house_passes if {
	count(pack.of("jp-gov-2025-02-06")) == 0 with input as sample.request([sample.in_house], {"findings": {"PERSON": {"user": "1"}}})
}

test_findings_go_to_no_public_cloud if {
	count(denied({}, {})) == 0
	denied({}, {"findings": {"PERSON": {"user": "1"}}}) == {"cloud"}
	count(denied({"zone": "trusted-cloud"}, {"findings": {"PERSON": {"user": "1"}}})) == 0
}
