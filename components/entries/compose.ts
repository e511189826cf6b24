/** `pulumi-berth/compose`: Compose files. */
export { ComposeProject, type ComposeProjectArgs } from "../composeProject";
export { Project } from "../project";
