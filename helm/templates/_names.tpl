{{- define "sekisho.name" -}}
{{- $release := .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- contains .Chart.Name $release | ternary $release (printf "%s-%s" $release .Chart.Name) -}}
{{- end -}}

{{- define "sekisho.selector" -}}
app.kubernetes.io/name: sekisho
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "sekisho.metadata" -}}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "sekisho.selector" . | nindent 2 }}
  app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- /* A digest says exactly what runs; a tag only where none is given. */ -}}
{{- define "sekisho.image" -}}
{{- with .digest }}{{ $.repository }}@{{ . }}{{ else }}{{ .repository }}:{{ .tag }}{{ end -}}
{{- end -}}

{{- /* What every container may do: nothing but compute, talk, and write where a volume is mounted. */ -}}
{{- define "sekisho.restricted" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end -}}
