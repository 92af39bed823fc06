{{/*
The pods of a Deployment. Takes the root context, the component ("api" or "worker") as "role" and its
values as "own".
*/}}
{{- define "tributary.podTemplate" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "tributary.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
    {{- with .own.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Changed settings or keys start new pods.
    checksum/config: {{ toJson $root.Values.config | sha256sum }}
    checksum/secrets: {{ toJson $root.Values.secrets | sha256sum }}
    {{- with .own.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "tributary.serviceAccountName" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "tributary.podSecurityContext" $root | nindent 4 }}
  terminationGracePeriodSeconds: {{ .own.terminationGracePeriodSeconds }}
  {{- with .own.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: {{ .role }}
      image: {{ include "tributary.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      securityContext:
        {{- include "tributary.containerSecurityContext" $root | nindent 8 }}
      env:
        - { name: TRIBUTARY_ROLE, value: {{ .role }} }
        - { name: TRIBUTARY_MIGRATE, value: never }
        {{- include "tributary.fixedEnv" $root | nindent 8 }}
        {{- include "tributary.secretEnv" $root | nindent 8 }}
      envFrom:
        - configMapRef:
            name: {{ include "tributary.fullname" $root }}
      ports:
        - { name: http, containerPort: 4700, protocol: TCP }
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      {{- if eq .role "api" }}
      lifecycle:
        preStop:
          exec:
            # Until every proxy has heard that this pod leaves, it must go on answering.
            command: [sleep, '5']
      {{- end }}
      resources:
        {{- toYaml .own.resources | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        - { name: data, mountPath: /data }
        {{- with .own.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    # Scratch space only: whatever must last is in PostgreSQL.
    - { name: tmp, emptyDir: { sizeLimit: 1Gi } }
    - { name: data, emptyDir: { sizeLimit: 1Gi } }
    {{- with .own.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .own.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - maxSkew: {{ .maxSkew }}
      topologyKey: {{ .topologyKey }}
      whenUnsatisfiable: {{ .whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "tributary.selectorLabels" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $.role }}
    {{- end }}
  {{- end }}
  {{- include "tributary.placement" (dict "any" .own) | nindent 2 }}
{{- end -}}

{{/* Where pods may run, those of the migrations too. Takes their values as "any". */}}
{{- define "tributary.placement" -}}
{{- with .any.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .any.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .any.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
