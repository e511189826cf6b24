import com.pulumi.Pulumi;
import com.pulumi.berth.BridgeNetwork;
import com.pulumi.berth.BridgeNetworkArgs;
import com.pulumi.berth.Compose;
import com.pulumi.berth.ComposeArgs;
import com.pulumi.berth.Container;
import com.pulumi.berth.ContainerArgs;
import com.pulumi.berth.DockerRun;
import com.pulumi.berth.DockerRunArgs;
import com.pulumi.berth.Elasticsearch;
import com.pulumi.berth.ElasticsearchArgs;
import com.pulumi.berth.Mysql;
import com.pulumi.berth.MysqlArgs;
import com.pulumi.berth.Nginx;
import com.pulumi.berth.NginxArgs;
import java.util.List;
import java.util.Map;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var password = ctx.config().requireSecret("password");

            var lan = new BridgeNetwork("live-lang-lan", BridgeNetworkArgs.builder()
                .subnet("10.213.40.0/24")
                .gateway("10.213.40.1")
                .build());
            var web = new Nginx("live-lang-web", NginxArgs.builder()
                .image("nginx:1.25")
                .port(24680)
                .volumes("live-lang-html:/usr/share/nginx/html")
                .build());
            new Mysql("live-lang-db", MysqlArgs.builder()
                .version("5.7")
                .port(24681)
                .data("live-lang-db")
                .rootPassword(password)
                .build());
            new Elasticsearch("live-lang-search", ElasticsearchArgs.builder()
                .version("7.6.2")
                .heap(Map.of("min", "64m", "max", "128m"))
                .httpPort(24682)
                .transportPort("none")
                .data("live-lang-search")
                .build());
            var lines = new DockerRun("live-lang-lines", DockerRunArgs.builder()
                .lines(
                    "docker run -d --name live-lang-line -m 64m -e MODE=line --restart unless-stopped busybox sleep 3600",
                    "docker run -d --name live-lang-other --volumes-from live-lang-line -v /cache busybox sleep 3600")
                .build());
            new Compose("live-lang-shop", ComposeArgs.builder()
                .files("compose.yaml")
                .projectName("live-lang-shop")
                .build());
            new Container("live-lang-own", ContainerArgs.builder()
                .image("busybox")
                .command(List.of("sleep", "3600"))
                .environment(Map.of("MODE", "own", "API_TOKEN", password))
                .networks(Map.of("name", lan.networkName(), "aliases", List.of("own"), "ipv4Address", "10.213.40.9"))
                .healthcheck(Map.of("test", List.of("CMD", "true"), "interval", "1s"))
                .cpus(0.5)
                .pidsLimit(50)
                .build());

            ctx.export("url", web.siteUrl());
            ctx.export("containers", lines.containerNames());
        });
    }
}
