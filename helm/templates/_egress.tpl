{{- /*
One rule for one destination.
  name    for the fault
  url     where it is
  public  whether it may only have a public address, which the gateway checks again at each connection
  given   its row in networkPolicy, if there is one
*/ -}}
{{- define "sekisho.egress" -}}
{{- $url := urlParse .url -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- $host := $url.hostname -}}
{{- $given := .given | default dict -}}
- to:
  {{- if $given.to }}
    {{- toYaml $given.to | nindent 4 }}
  {{- else if regexMatch "^[0-9]+(\\.[0-9]+){3}$" $host }}
    - ipBlock: {cidr: {{ $host }}/32}
  {{- else if contains ":" $host }}
    - ipBlock: {cidr: "{{ $host }}/128"}
  {{- else if .public }}
    {{- include "sekisho.internet" . | nindent 4 }}
  {{- else }}
    {{- fail (printf "%s is reached by the name %s, and a NetworkPolicy knows addresses and Pods only: say in networkPolicy.destinations.%s.to which ones these are" .name $host .name) }}
  {{- end }}
  ports:
    - {protocol: TCP, port: {{ $given.port | default $port }}}
{{- end -}}

{{- /* What gateway/upstream/transport/addresses.py takes for public. */ -}}
{{- define "sekisho.internet" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      - 0.0.0.0/8
      - 10.0.0.0/8
      - 100.64.0.0/10
      - 127.0.0.0/8
      - 168.63.129.16/32
      - 169.254.0.0/16
      - 172.16.0.0/12
      - 192.0.0.0/24
      - 192.168.0.0/16
      - 198.18.0.0/15
      - 224.0.0.0/3
- ipBlock:
    cidr: 2000::/3
{{- end -}}
