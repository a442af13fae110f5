import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '../support/servers.ts'
import { createBrowser } from '../interop/notes-authorization-server.ts'
import { runProgram, type ProgramResult } from './programs.ts'

/** Runs the command line of the Inspector. */
export interface Inspector {
  /** Runs one command. The user signs in and confirms each time that the Inspector asks for it. */
  run(...options: readonly string[]): Promise<ProgramResult>
  /** Returns the scopes of the sign-ins since the last call, in order. */
  takeScopes(): readonly (string | null)[]
  close(): Promise<void>
}

/**
 * Creates an Inspector for a server, with an empty folder for its tokens and a user who has a browser.
 *
 * @param scopes The scopes of the first sign-in. By default, the Inspector selects them.
 */
export async function createInspector(
  address: string,
  issuer: string,
  scopes?: string,
): Promise<Inspector> {
  const home = await mkdtemp(join(tmpdir(), 'bearward-inspector-'))
  const config = join(home, 'mcp.json')
  const oauth = scopes === undefined ? {} : { oauth: { scopes } }
  const server = { type: 'streamable-http', url: address, ...oauth }
  await writeFile(config, JSON.stringify({ mcpServers: { notes: server } }))
  const environment = {
    // The Inspector finds no program that opens a browser, and prints the address instead.
    PATH: home,
    HOME: home,
    // Without this variable, the Inspector signs in only if its output is a terminal.
    MCP_AUTO_OPEN_ENABLED: 'true',
    // The next command can use the tokens of this command.
    MCP_INSPECTOR_SECRET_STORE: 'file',
    MCP_STORAGE_DIR: home,
    MCP_INSPECTOR_OAUTH_STATE_PATH: join(home, 'oauth.json'),
  }
  // With port 0, the Inspector names port 0 in the request for more scopes.
  const callback = `${await findFreeOrigin()}/oauth/callback`
  const browse = createBrowser()
  const signIns: (string | null)[] = []

  async function signIn(url: URL): Promise<void> {
    signIns.push(url.searchParams.get('scope'))
    // The last redirect leads to the server that the Inspector has started for the response.
    const response = await fetch(await browse(url, url.searchParams.get('redirect_uri')!))
    if (!response.ok) throw new Error(`The Inspector responded with ${response.status}.`)
  }

  return {
    takeScopes: () => signIns.splice(0),
    close: () => rm(home, { recursive: true, force: true }),
    async run(...options) {
      const args = ['--cli', '--config', config, '--server', 'notes', '--format', 'json']
      const opened = new Set<string>()
      const errors: unknown[] = []
      const signingIn: Promise<void>[] = []
      const result = await runProgram(
        'inspector',
        [...args, '--callback-url', callback, ...options],
        environment,
        (stderr, child) => {
          if (stderr.endsWith('[y/N] ')) child.stdin.write('y\n')
          for (const url of findAddresses(stderr, `${issuer}/auth?`)) {
            if (opened.has(url)) continue
            opened.add(url)
            const signedIn = signIn(new URL(url)).catch((error: unknown) => {
              errors.push(error)
              child.kill()
            })
            signingIn.push(signedIn)
          }
        },
      )
      await Promise.all(signingIn)
      if (errors.length > 0) throw new AggregateError(errors, result.stderr)
      return result
    },
  }
}

/** Returns an origin on the loopback interface at which no server listens. */
async function findFreeOrigin(): Promise<string> {
  const server = await listen(() => {})
  await server.close()
  return server.url
}

/** Returns the complete addresses in an output. Each of them begins with `start`. */
function findAddresses(output: string, start: string): readonly string[] {
  return output
    .split(start)
    .slice(1)
    .flatMap((rest) => {
      // White space or a control character ends an address.
      const end = rest.search(/[^\x21-\x7E]/)
      return end === -1 ? [] : [start + rest.slice(0, end)]
    })
}
