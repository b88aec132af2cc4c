# METADATA
# title: Sample input
# description: What the tests of the rules start from.
package sample

in_house := {
	"deployment": "r1-a",
	"zone": "in-house",
	"host": "10.0.0.5",
	"host_operator": "",
	"operator": "self",
	"operator_country": "",
	"datacentre_country": "JP",
	"developer": "DeepSeek",
	"developer_country": "CN",
	"weights": "deepseek-r1",
	"lineage": ["DeepSeek"],
	"licences": ["MIT"],
	"provenance": "declared",
	"manifest": "",
	"output_use": "allowed",
	"bias": null,
	"bias_days": null,
	"rerouted": false,
	"harvest": "off",
}

cloud := object.union(in_house, {
	"deployment": "cloud",
	"zone": "public-cloud",
	"host": "api.openai.com",
	"host_operator": "openai",
	"operator": "openai",
	"operator_country": "US",
	"datacentre_country": "US",
	"output_use": "conditional",
})

request(candidates, more) := object.union(
	{
		"tenant": "acme",
		"app": "billing",
		"groups": [],
		"dialect": "openai",
		"operation": "chat.completions",
		"model": "deepseek-r1",
		"stream": false,
		"tools": "0",
		"findings": {},
		"unscannable": [],
		"modalities": ["text"],
		"purpose": "",
		"max_output_tokens": 0,
		"hour": 12,
		"exceptions": [],
		"candidates": candidates,
	},
	more,
)

# Data for tests: what the folder data/ says may change, and these tests hold all the same.
operators := {
	"self": {"kind": "self", "status": "allowed", "country": ""},
	"openai": {"kind": "vendor", "status": "allowed", "country": "US"},
	"anthropic": {"kind": "vendor", "status": "allowed", "country": "US"},
	"deepseek": {"kind": "vendor", "status": "denied", "country": "CN"},
}

models := {"deepseek-r1": {"developer": "DeepSeek"}}

licences := {"MIT": {"output_use": "allowed"}}

purposes := {
	"distillation": {"trains": true, "max_bias": 1},
	"evaluation": {"trains": false, "max_bias": 1},
	"assistance": {"trains": false, "max_bias": 1},
}

everywhere(how) := {"in-house": how, "device": how, "trusted-cloud": how, "public-cloud": how}

zone(kinds) := {
	"reasoning": "pass",
	"output_depth": "patterns",
	"unscannable": kinds,
	"provenance": ["declared", "verified"],
}

entities := {
	"zones": {
		"in-house": zone(["audio", "file", "image"]),
		"device": zone([]),
		"trusted-cloud": zone([]),
		"public-cloud": zone([]),
	},
	"treatment": {
		"exact": {
			"JP_MY_NUMBER": object.union(everywhere("block"), {"in-house": "placeholder"}),
			"PATIENT": object.union(everywhere("in-house-only"), {"in-house": "placeholder"}),
		},
		"prefixes": [{
			"prefix": "SECRET_",
			"zones": object.union(everywhere("block"), {"in-house": "placeholder", "device": "placeholder"}),
		}],
		"otherwise": everywhere("placeholder"),
	},
	"output": {"exact": {}, "prefixes": [], "otherwise": everywhere("placeholder")},
}

default_app := {
	"models": ["*"],
	"purpose": "",
	"purposes": ["*"],
	"tools": true,
	"hours": numbers.range(0, 167),
	"max_output_tokens": 0,
	"max_bias": 1,
	"reasoning": "pass",
	"reasoning_groups": ["*"],
	"when_in_house_only": "deny",
	"when_harvesting": "drop",
	"reroute_to": "",
}

# apps.yaml with one row for the application of these requests.
app(row) := {
	"default": default_app,
	"apps": {"billing": object.union(default_app, row)},
	"groups": {"interns": {"models": ["smollm2"]}},
}
