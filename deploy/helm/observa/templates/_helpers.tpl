{{/* The kinds of instances of the mode. */}}
{{- define "observa.roles" -}}
{{- if eq .Values.mode "fleet" -}}edge core{{- else -}}server{{- end -}}
{{- end }}

{{- define "observa.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "observa.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{- define "observa.serviceAccount" -}}
{{- if .Values.serviceAccount.name -}}{{ .Values.serviceAccount.name }}
{{- else if .Values.serviceAccount.create -}}{{ include "observa.fullname" . }}
{{- else -}}default{{- end -}}
{{- end }}

{{/* Labels that a selector matches: they must not change for a StatefulSet. Called with (dict "root" $ "role" "edge"). */}}
{{- define "observa.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "observa.labels" -}}
{{ include "observa.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The configuration of a role. */}}
{{- define "observa.config" -}}
{{- if eq .role "server" -}}{{ .root.Files.Get "files/observa.server.yaml" }}
{{- else -}}{{ .root.Files.Get (printf "files/%s.yaml" .role) }}{{- end -}}
{{- end }}

{{/* The variables of the Secret that a role needs. */}}
{{- define "observa.secrets" -}}
OBSERVA_KEY_PEPPER OBSERVA_KEY_ID OBSERVA_KEY_HASH DATABASE_URL
{{- if ne .role "server" }} OBSERVA_PSEUDONYM_KEY{{ end }}
{{- if ne .role "edge" }} CLICKHOUSE_PASSWORD{{ end }}
{{- range .root.Values.moreSecrets }} {{ . }}{{ end }}
{{- end }}
