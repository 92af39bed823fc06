{{/* What the image and this chart decide, whatever config says. */}}
{{- define "tributary.fixedEnv" -}}
- { name: HOST, value: 0.0.0.0 }
- { name: PORT, value: '4700' }
- { name: TRIBUTARY_DATA_DIR, value: /data }
{{- with .Values.qdrant.url }}
- { name: QDRANT_URL, value: {{ . | quote }} }
{{- end }}
{{- end -}}

{{- define "tributary.secretEnv" -}}
{{- $secret := include "tributary.secretName" . -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: DATABASE_URL
{{- range list "QDRANT_API_KEY" "TRIBUTARY_OPERATOR_KEY" "TRIBUTARY_BOOTSTRAP_API_KEY" "TRIBUTARY_ENCRYPTION_KEYS" "OPENAI_API_KEY" }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ . }}
      optional: true
{{- end }}
{{- end -}}
