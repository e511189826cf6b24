"""nginx as it was pasted, and MySQL with its data in a volume."""

import pulumi


class Berth(pulumi.ComponentResource):
    """A component of berth, by its name in docs/other-languages.md. `pulumi package add` makes classes for each instead."""

    def __init__(self, component, name, outputs=(), opts=None, **inputs):
        props = {**inputs, **{output: None for output in outputs}}
        super().__init__(f"berth:index:{component}", name, props, opts, remote=True)


config = pulumi.Config()

web = Berth(
    "DockerRun",
    "web",
    outputs=["containerNames"],
    lines=["docker run -d --name web -p 8080:80 nginx:1.27"],
)
db = Berth(
    "Mysql",
    "db",
    outputs=["login"],
    version="8.4",
    port=3306,
    data="db-data",
    rootPassword=config.require_secret("rootPassword"),
)
pulumi.export("web", web.urn)
