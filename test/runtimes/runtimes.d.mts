/** A runtime with an exact version. */
export interface Runtime {
  readonly name: string
}

export const RUNTIMES: readonly Runtime[]

/** Returns the path of the program of a runtime. Installs it if it is missing, and throws if the installation fails. */
export function getProgram(runtime: Runtime): Promise<string>
