{{/* Labels of every object; the part is "scim-api" or "operator". */}}
{{- define "workteam.selector" -}}
app.kubernetes.io/name: workteam
app.kubernetes.io/instance: {{ .release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "workteam.labels" -}}
{{ include "workteam.selector" . }}
app.kubernetes.io/version: {{ .chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .release.Service }}
helm.sh/chart: {{ .chart.Name }}-{{ .chart.Version }}
{{- end }}

{{- define "workteam.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* Tenants live beside the release, never in its namespace: there the operator would read the token hashes. */}}
{{- define "workteam.tenantNamespaces" -}}
{{- if has .Release.Namespace .Values.tenantNamespaces }}
{{- fail (printf "tenantNamespaces lists %s, the release's own namespace: tenants live in others" .Release.Namespace) }}
{{- end }}
{{- join "," .Values.tenantNamespaces }}
{{- end }}

{{/* What Pod Security "restricted" asks for, and a little more. */}}
{{- define "workteam.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ int . }}
runAsGroup: {{ int . }}
fsGroup: {{ int . }}
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "workteam.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* A value of a settings map as the text of an environment variable; 1e6 stays 1000000. */}}
{{- define "workteam.setting" -}}
{{- if kindIs "string" . }}{{ . | quote }}{{ else }}{{ toJson . | quote }}{{ end }}
{{- end }}
