/** Has a task done when the first file of TypeScript is loaded. */
export function beforeProgram(task: () => void): void;
