import pulumi
import pulumi_berth as berth

password = pulumi.Config().require_secret("password")

lan = berth.BridgeNetwork("live-lang-lan", subnet="10.213.40.0/24", gateway="10.213.40.1")
web = berth.Nginx(
    "live-lang-web",
    image="nginx:1.25",
    port=24680,
    volumes=["live-lang-html:/usr/share/nginx/html"],
)
berth.Mysql("live-lang-db", version="5.7", port=24681, data="live-lang-db", root_password=password)
berth.Elasticsearch(
    "live-lang-search",
    version="7.6.2",
    heap={"min": "64m", "max": "128m"},
    http_port=24682,
    transport_port="none",
    data="live-lang-search",
)
lines = berth.DockerRun(
    "live-lang-lines",
    lines=[
        "docker run -d --name live-lang-line -m 64m -e MODE=line --restart unless-stopped busybox sleep 3600",
        "docker run -d --name live-lang-other --volumes-from live-lang-line -v /cache busybox sleep 3600",
    ],
)
berth.Compose("live-lang-shop", files=["compose.yaml"], project_name="live-lang-shop")
berth.Container(
    "live-lang-own",
    image="busybox",
    command=["sleep", "3600"],
    environment={"MODE": "own", "API_TOKEN": password},
    networks=[{"name": lan.network_name, "aliases": ["own"], "ipv4Address": "10.213.40.9"}],
    healthcheck={"test": ["CMD", "true"], "interval": "1s"},
    cpus=0.5,
    pids_limit=50,
)

pulumi.export("url", web.site_url)
pulumi.export("containers", lines.container_names)
