/** Returns the environment variables of Node, Deno and Bun. Other runtimes have none. */
export function getEnvironment(): Readonly<Record<string, string | undefined>> {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> }
  }
  return process?.env ?? {}
}
