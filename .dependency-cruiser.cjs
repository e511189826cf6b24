/**
 * The house rules: data flows one way. stacks -> components -> core, cli on top; within core, description knows
 * nobody, readers and writers know no engine, no engine knows another one.
 */
const within = (from, to, comment) => ({
  name: `${from.replace(/[^a-z]+/gi, "-")}-knows-too-much`,
  severity: "error",
  comment,
  from: { path: from },
  to: { path: "^(cli|stacks|components|core|tests|docs)/", pathNot: to },
});

module.exports = {
  forbidden: [
    {
      name: "no-circle",
      severity: "error",
      comment: "Two files that need each other are one, or three.",
      from: {},
      to: { circular: true },
    },
    within("^core/description/", "^core/description/", "What a service is, in berth's own words; it knows nobody."),
    within(
      "^core/mapping/",
      "^core/(mapping|description)/",
      "Descriptions in the words of an engine: pure, nothing is asked.",
    ),
    within("^core/readers/dockerRun/", "^core/(readers/dockerRun|description)/", "Text to description."),
    within("^core/readers/compose/", "^core/(readers/compose|description)/", "Text to description."),
    within(
      "^core/readers/notes/",
      "^core/(readers|mapping|description)/",
      "Notes hold lines and compose files; whether one can run is said by the mapping.",
    ),
    within(
      "^core/readers/kubernetes/",
      "^core/(readers/kubernetes|readers/compose/yaml[.]ts$|mapping|description)",
      "Manifests to description; what kinds there are is said by the mapping.",
    ),
    within("^core/readers/running/", "^core/(readers/running|description)/", "An engine's answers to description."),
    within("^core/writers/", "^core/(writers|mapping|description)/", "Description to text."),
    within("^core/pulumi/", "^core/(pulumi|description)/", "What berth adds to the SDK."),
    within("^core/host/", "^core/(host|pulumi|description)/", "The machine."),
    within("^core/engines/[^/]+$", "^core/(engines/[^/]+$|pulumi|description)", "What all engines have in common."),
    within(
      "^core/engines/dockerApi/",
      "^core/(engines/(dockerApi/|[^/]+$)|host/findExecutable|mapping|pulumi|description)",
      "An engine's API, for Docker and Swarm.",
    ),
    within(
      "^core/engines/docker/",
      "^core/(engines/(docker/|dockerApi/|[^/]+$)|mapping|pulumi|description)",
      "A Docker engine.",
    ),
    within("^core/engines/swarm/", "^core/(engines/(swarm/|dockerApi/|[^/]+$)|mapping|pulumi|description)", "A Swarm."),
    within(
      "^core/engines/kubernetes/",
      "^core/(engines/(kubernetes/|[^/]+$)|mapping|pulumi|description)",
      "A cluster.",
    ),
    within("^components/", "^(components|core)/", "What people name."),
    within("^stacks/", "^(stacks|components|core)/", "One program for each documented setup."),
    within("^cli/", "^(cli|stacks|components|core)/", "The command."),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".js", ".json"] },
  },
};
