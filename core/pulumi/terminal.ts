/** Set by berth's commands where somebody sits at a terminal; a program cannot know that of the CLI. */
export const TERMINAL = "BERTH_TERMINAL";
