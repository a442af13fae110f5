/** Returns the environment variables of Node, Deno and Bun. Cloudflare Workers has them only with the flag `nodejs_compat`. */
export function getEnvironment(): Readonly<Record<string, string | undefined>> {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> }
  }
  return process?.env ?? {}
}
