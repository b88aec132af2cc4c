{{- /* The configuration file: what the values say, and what belongs to the chart. */ -}}
{{- define "sekisho.config" -}}
{{- $owned := dict
  "listen" (dict "host" "0.0.0.0" "port" 8080)
  "admin" (dict "host" "0.0.0.0" "port" 8081)
  "keys" (dict "ring_file" "/run/secrets/key-ring/ring.json")
  "audit" (dict "store" "sqlite:////var/lib/sekisho/audit.db")
  "state" (dict "password_file" "/run/secrets/redis/password")
  "identity" (dict "keys_file" "/run/secrets/callers/keys.json")
  "policy" (dict
    "engine" "opa"
    "path" "/run/policy/bundle.tar.gz"
    "opa" (dict "url" "http://127.0.0.1:8181")
    "watch_seconds" 0)
-}}
{{- mustMergeOverwrite (deepCopy .Values.config) $owned | toYaml -}}
{{- end -}}
