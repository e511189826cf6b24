import { parseCompose } from "../../../core/readers/compose";
import { parseDockerLines } from "../../../core/readers/dockerRun";
import type { ProjectDescription } from "../../../core/description/project";

const LINES: [string, string[]][] = [
  ["nginx01", ["docker run -d --name nginx01 -p 666:80 nginx"]],
  ["mynginx", ["docker run -d -P --name mynginx nginx:1.27"]],
  ["nginx05", ["docker run -d -P --name nginx05 -v juming:/etc/nginx:ro docker.io/library/nginx:1.27"]],
  ["site", ["docker run -d --name site -p 127.0.0.1:80:80 -p 443:443 --restart always -v ./html:/x:ro -m 64m nginx"]],
  ["internal", ["docker run -d --name internal -p 8443:8443 nginx"]],
  [
    "mysql01",
    [
      "docker run -d -p 3306:3306 -v /home/mysql/conf:/etc/mysql/conf.d -v /home/mysql/data:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=123456 --name mysql01 mysql:5.7",
    ],
  ],
  [
    "mysql02",
    [
      "docker run -d --name mysql02 -v my2:/var/lib/mysql -v logs:/logs -e MYSQL_ROOT_PASSWORD=a -e MYSQL_USER=joe -e MYSQL_PASSWORD=b -e MYSQL_DATABASE=app -e TZ=UTC mysql",
    ],
  ],
  [
    "mysql03",
    ["docker run -d --name mysql03 -v my3:/var/lib/mysql -e MYSQL_ALLOW_EMPTY_PASSWORD=true -p 3307:3306 mysql:8"],
  ],
  ["mysql04", ["docker run -d --name mysql04 -e MYSQL_ROOT_PASSWORD=x -e MYSQL_USER=root mysql:8"]],
  ["mariadb", ["docker run -d --name mariadb -v maria:/var/lib/mysql -e MARIADB_ROOT_PASSWORD=x mariadb:11"]],
  [
    "elasticsearch",
    [
      'docker run -d --name elasticsearch -p 9200:9200 -p 9300:9300 -e "discovery.type=single-node" -e ES_JAVA_OPTS="-Xms64m -Xmx512m" elasticsearch:7.6.2',
    ],
  ],
  [
    "es8",
    [
      "docker run -d --name es8 -m 2g -p 9201:9200 -v es:/usr/share/elasticsearch/data -e discovery.type=single-node -e ES_JAVA_OPTS='-Xms512m -Xmx1g' -e ELASTIC_PASSWORD=s docker.elastic.co/elasticsearch/elasticsearch:8.1.0",
    ],
  ],
  [
    "es9",
    [
      "docker run -d --name es9 -e discovery.type=single-node -e ES_JAVA_OPTS='-Xms1024m -Xmx1024m' elasticsearch:7.6.2",
    ],
  ],
  ["tomcat01", ["docker run -d --name tomcat01 -p 8080:8080 -v /srv/apps:/usr/local/tomcat/webapps:ro tomcat:8"]],
  ["tomcat02", ["docker run -d --name tomcat02 -v /srv/conf:/usr/local/tomcat/conf tomcat:9"]],
  ["tomcat03", ["docker run -d --name tomcat03 -p 8081:8080 tomcat"]],
  [
    "networks",
    [
      "docker network create --driver bridge --subnet 192.168.0.0/16 --gateway 192.168.0.1 mynet",
      "docker network create -d bridge my-bridge",
      "docker volume create --driver local -o type=tmpfs -o device=tmpfs shared",
      `docker run -d --name test2 -e hostname=host --network mynet -v shared:/path busybox /bin/sh -c "while true; do sleep 3600; done"`,
      "docker network connect --alias two my-bridge test2",
      "docker run -d --name beside --network container:test2 --volumes-from test2:ro busybox",
    ],
  ],
  [
    "flags",
    [
      "docker run -d --name flags --init --gpus all --ulimit nofile=1024:2048 --cap-add NET_ADMIN --device /dev/fuse --add-host a:10.0.0.1 --log-opt max-size=1m --shm-size 1g --stop-timeout 90 --health-cmd 'true || false' --tmpfs /run -u 1000 -w /x -h host1 --dns 8.8.8.8 alpine:3.20 sh -c 'echo \"$HOME\"'",
    ],
  ],
  ["refused", ["docker run -d --name refused --pids-limit 100 --oom-score-adj -500 alpine:3.20"]],
  ["quotes", [`docker run -d --name quotes -e 'A=it'"'"'s "x" \`y\` $Z' -l 'b=\\n' alpine:3.20`]],
];

const COMPOSE: [string, string][] = [
  [
    "wordpress",
    `services:
  db:
    image: mysql:8.4
    environment:
      MYSQL_ROOT_PASSWORD: rootpw
      MYSQL_DATABASE: wp
      MYSQL_USER: wp
      MYSQL_PASSWORD: secretpw
    volumes: [data:/var/lib/mysql]
  wordpress:
    image: wordpress:6
    depends_on: [db]
    ports: ["8000:80"]
    environment:
      WORDPRESS_DB_HOST: db
      WORDPRESS_DB_PASSWORD: secretpw
      API_TOKEN: t0k$$en
volumes:
  data:
`,
  ],
  [
    "my-app",
    `services:
  migrate:
    image: alpine:3.20
    command: ["sh", "-c", "echo $$HOME"]
  web:
    image: alpine:3.20
    container_name: my-web
    depends_on:
      migrate: { condition: service_completed_successfully }
      cache: { condition: service_healthy, restart: true }
    networks: [front, back]
    extra_hosts: ["host.docker.internal:host-gateway"]
    deploy:
      resources: { limits: { cpus: "0.5", memory: 128M } }
  cache:
    image: redis:7
    healthcheck: { test: ["CMD", "redis-cli", "ping"], interval: 1m30s }
    networks: { back: { aliases: [redis], ipv4_address: 172.30.7.5 } }
  worker:
    image: alpine:3.20
    deploy: { replicas: 2 }
    depends_on: [web]
networks:
  front:
  back:
    driver: bridge
    ipam: { config: [{ subnet: 172.30.7.0/24 }] }
`,
  ],
  [
    "files",
    `services:
  one:
    image: alpine:3.20
    volumes:
      - type: tmpfs
        target: /t
        tmpfs: { size: 1048576, mode: 01777 }
      - type: volume
        source: nfs
        target: /n
        volume: { nocopy: true }
      - /anonymous
    configs: [{ source: site, target: /etc/site.conf, mode: 0440 }]
configs:
  site: { content: "listen 80; root $$x" }
volumes:
  nfs:
    driver_opts: { type: nfs, o: "addr=10.0.0.1,rw", device: ":/export" }
`,
  ],
];

/** Projects as berth reads them: what is printed of each has to mean the same. */
export const PROJECTS: [string, ProjectDescription][] = [
  ...LINES.map(([name, lines]): [string, ProjectDescription] => [
    name,
    parseDockerLines(lines, name, { environment: {}, folder: "/srv", home: "/root" }),
  ]),
  ...COMPOSE.map(([name, text]): [string, ProjectDescription] => [
    name,
    parseCompose(text, { name: "compose.yaml", projectName: name }, { folder: "/srv", environment: {} }),
  ]),
];
