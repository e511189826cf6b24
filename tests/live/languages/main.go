package main

import (
	"example.com/pulumi-berth/sdk/go/berth"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		password := config.New(ctx, "").RequireSecret("password")

		lan, err := berth.NewBridgeNetwork(ctx, "live-lang-lan", &berth.BridgeNetworkArgs{
			Subnet:  pulumi.StringRef("10.213.40.0/24"),
			Gateway: pulumi.StringRef("10.213.40.1"),
		})
		if err != nil {
			return err
		}
		web, err := berth.NewNginx(ctx, "live-lang-web", &berth.NginxArgs{
			Image:   pulumi.String("nginx:1.25"),
			Port:    pulumi.Int(24680),
			Volumes: pulumi.Array{pulumi.String("live-lang-html:/usr/share/nginx/html")},
		})
		if err != nil {
			return err
		}
		if _, err := berth.NewMysql(ctx, "live-lang-db", &berth.MysqlArgs{
			Version:      pulumi.StringRef("5.7"),
			Port:         pulumi.Int(24681),
			Data:         pulumi.StringRef("live-lang-db"),
			RootPassword: password,
		}); err != nil {
			return err
		}
		if _, err := berth.NewElasticsearch(ctx, "live-lang-search", &berth.ElasticsearchArgs{
			Version:       pulumi.StringRef("7.6.2"),
			Heap:          pulumi.Map{"min": pulumi.String("64m"), "max": pulumi.String("128m")},
			HttpPort:      pulumi.Int(24682),
			TransportPort: pulumi.String("none"),
			Data:          pulumi.StringRef("live-lang-search"),
		}); err != nil {
			return err
		}
		lines, err := berth.NewDockerRun(ctx, "live-lang-lines", &berth.DockerRunArgs{
			Lines: []string{
				"docker run -d --name live-lang-line -m 64m -e MODE=line --restart unless-stopped busybox sleep 3600",
				"docker run -d --name live-lang-other --volumes-from live-lang-line -v /cache busybox sleep 3600",
			},
		})
		if err != nil {
			return err
		}
		if _, err := berth.NewCompose(ctx, "live-lang-shop", &berth.ComposeArgs{
			Files:       []string{"compose.yaml"},
			ProjectName: pulumi.StringRef("live-lang-shop"),
		}); err != nil {
			return err
		}
		if _, err := berth.NewContainer(ctx, "live-lang-own", &berth.ContainerArgs{
			Image:       pulumi.String("busybox"),
			Command:     pulumi.ToStringArray([]string{"sleep", "3600"}),
			Environment: pulumi.Map{"MODE": pulumi.String("own"), "API_TOKEN": password},
			Networks: pulumi.Array{pulumi.Map{
				"name":        lan.NetworkName,
				"aliases":     pulumi.ToStringArray([]string{"own"}),
				"ipv4Address": pulumi.String("10.213.40.9"),
			}},
			Healthcheck: pulumi.Map{
				"test":     pulumi.ToStringArray([]string{"CMD", "true"}),
				"interval": pulumi.String("1s"),
			},
			Cpus:      pulumi.Float64(0.5),
			PidsLimit: pulumi.Int(50),
		}); err != nil {
			return err
		}

		ctx.Export("url", web.SiteUrl)
		ctx.Export("containers", lines.ContainerNames)
		return nil
	})
}
