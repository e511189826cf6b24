/** Manifests by what they are about. The documented ones are those of the catalogue's rows G1 to G6. */
export const TEXTS: Record<string, string> = {
  "G1 and G2": `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 1
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.7.9
---
apiVersion: v1
kind: Service
metadata:
  name: nginx-service
  labels:
    app: nginx
spec:
  selector:
    app: nginx
  ports:
  - name: nginx-port
    protocol: TCP
    port: 80
    nodePort: 32600
    targetPort: 80
  type: NodePort
`,
  G4: `
apiVersion: v1
kind: Namespace
metadata:
  name: development
  labels: {team: web}
  annotations: {owner: ada}
---
apiVersion: v1
kind: Pod
metadata:
  name: shell
  namespace: development
spec:
  containers:
    - name: shell
      image: busybox
      command: [sleep, "3600"]
`,
  G5: `
apiVersion: v1
kind: Pod
metadata:
  name: lifecycle-demo
spec:
  containers:
  - name: lifecycle-demo-container
    image: nginx
    lifecycle:
      postStart:
        exec:
          command: ["/bin/sh", "-c", "echo Hello from the postStart handler > /usr/share/message"]
      preStop:
        exec:
          command: ["/bin/sh","-c","nginx -s quit; while killall -0 nginx; do sleep 1; done"]
`,
  G6: `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: site
spec:
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec:
      volumes:
        - name: site
          emptyDir: {}
      initContainers:
        - name: fetcher
          image: busybox
          restartPolicy: Always
          command: [sh, -c, "while true; do wget -O /site/index.html http://example.com; sleep 60; done"]
          volumeMounts: [{name: site, mountPath: /site}]
          startupProbe:
            exec: {command: [test, -s, /site/index.html]}
            failureThreshold: 60
      containers:
        - name: site
          image: nginx:1.27
          volumeMounts: [{name: site, mountPath: /usr/share/nginx/html, readOnly: true}]
---
apiVersion: v1
kind: Service
metadata: {name: site}
spec:
  selector: {app: site}
  ports: [{port: 80}]
`,
  shop: `
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    data:
      MODE: production
      EMPTY:
      nginx.conf: |
        server {
          listen 8080;
          return 200 "\${hostname} \`a\\b\`";
        }
  - apiVersion: v1
    kind: Secret
    metadata: {name: login, namespace: shop}
    type: Opaque
    stringData: {password: hunter2}
    data: {user: YWRh, key: /wD+}
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers:
            - name: db
              image: mysql:5.7
              env:
                - {name: MYSQL_ROOT_PASSWORD, valueFrom: {secretKeyRef: {name: login, key: password}}}
                - {name: MYSQL_DATABASE, value: shop}
              ports: [{containerPort: 3306, name: mysql}]
              volumeMounts:
                - {name: data, mountPath: /var/lib/mysql}
              readinessProbe:
                exec: {command: [mysqladmin, ping]}
                periodSeconds: 5
              resources:
                requests: {cpu: 1, memory: 256Mi}
                limits: {cpu: "1.5", memory: 512Mi}
      volumeClaimTemplates:
        - metadata: {name: data}
          spec:
            accessModes: [ReadWriteOnce]
            resources: {requests: {storage: 2Gi}}
  - apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: shop}
    spec:
      clusterIP: None
      selector: {app: db}
      ports: [{port: 3306, targetPort: mysql}]
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web, tier: front}}
      strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
      template:
        metadata:
          labels: {app: web, tier: front}
          annotations: {checksum: "1"}
        spec:
          nodeSelector: {disk: ssd}
          securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000}
          initContainers:
            - name: wait
              image: busybox
              command: [sh, -c, "until nc -z db 3306; do sleep 1; done"]
          containers:
            - name: web
              image: nginx:1.27
              imagePullPolicy: Always
              envFrom: [{configMapRef: {name: settings}}]
              env:
                - {name: DB_HOST, value: db.shop.svc.cluster.local}
                - {name: URL, value: "mysql://$(DB_HOST)/$$(X)"}
                - {name: API_TOKEN, value: t0ps3cret}
                - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
              ports: [{containerPort: 8080, name: http}]
              livenessProbe: {httpGet: {path: /healthz, port: http}}
              volumeMounts:
                - {name: config, mountPath: /etc/nginx/conf.d/default.conf, subPath: nginx.conf}
                - {name: login, mountPath: /run/login, readOnly: true}
                - {name: cache, mountPath: /cache}
                - {name: fast, mountPath: /fast}
                - {name: uploads, mountPath: /uploads}
                - {name: logs, mountPath: /var/log/web}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
            - name: exporter
              image: exporter:1
              args: ["--target=http://localhost:8080"]
              ports: [{containerPort: 9113}]
              volumeMounts: [{name: cache, mountPath: /cache, readOnly: true}]
          volumes:
            - {name: config, configMap: {name: settings}}
            - {name: login, secret: {secretName: login, defaultMode: 0400}}
            - {name: cache, emptyDir: {}}
            - {name: fast, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
            - {name: uploads, persistentVolumeClaim: {claimName: data}}
            - {name: logs, hostPath: {path: /var/log/web, type: DirectoryOrCreate}}
  - apiVersion: v1
    kind: Service
    metadata: {name: front, namespace: shop}
    spec:
      type: NodePort
      selector: {app: web, tier: front}
      ports:
        - {name: http, port: 80, targetPort: http, nodePort: 30080}
        - {name: metrics, port: 9113}
  - apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: front, namespace: shop}
    spec:
      rules:
        - host: shop.example
          http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: front, port: {number: 80}}}}]}
  - apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: shop}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      maxReplicas: 5
      metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`,
  "a Deployment whose Service says nothing of labels": `
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello}
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello, tier: web}}
    spec:
      serviceAccountName: hello
      terminationGracePeriodSeconds: 60
      containers:
        - name: server
          image: hello:1
          command: [/hello]
          args: ["--port", "8080"]
          workingDir: /srv
          env: [{name: GREETING, value: "Hello: 'world' \\"x\\""}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 20}
          startupProbe: {httpGet: {path: /, port: 8080, scheme: HTTPS}, failureThreshold: 30}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          resources: {limits: {memory: 64Mi, cpu: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: hello}
spec: {type: LoadBalancer, selector: {app: hello}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: hello}
`,
  "further kinds": `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crons.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Cron, plural: crons, singular: cron}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          x-kubernetes-preserve-unknown-fields: true
---
apiVersion: example.com/v1
kind: Cron
metadata: {name: nightly}
spec: {schedule: "0 3 * * *", nothing: null, list: [1, 2]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:reader", namespace: ignored}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cleanup}
spec:
  schedule: "*/5 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: cleanup, image: busybox, command: [date]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: OnFailure
      containers: [{name: once, image: busybox, command: [date]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: checks}
webhooks: []
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: old}
spec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: x, apiVersion: apps/v1}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: new}
spec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: x, apiVersion: apps/v1}}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
`,
};
