import { ComposeProject, program } from "pulumi-berth";

/** What compose.yaml describes, with the names and labels that `docker compose up` gives. */
export = program(() => {
  const shop = new ComposeProject("shop", { files: ["compose.yaml"], projectName: "shop" });
  return { containers: shop.containerNames, endpoints: shop.endpoints };
});
