/** `pulumi-berth/docker-run`: `docker run` lines. */
export { DockerRun, type DockerRunArgs } from "../dockerRun";
