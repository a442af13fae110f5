import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpsServer } from 'node:https'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { certificates } from '../faults/tls.ts'
import type { ServerCertificate } from '../support/certificate.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'

const { jwks } = createTestIssuer()

/** Runs a program of this folder, which uses the built packages. Returns the JSON that it prints. */
async function runProgram(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = fileURLToPath(new URL(name, import.meta.url))
  const options = { env: { ...process.env, ...env } }
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], options)
  return JSON.parse(stdout) as Record<string, unknown>
}

/**
 * Expected results and effects in an application. If `keys` or `token` is missing, it is fetched successfully. If another member is
 * missing, there is no such effect.
 */
interface Expected {
  readonly keys?: string
  readonly token?: string
  /** Calls of the function that replaces `fetch`. */
  readonly stubCalls?: number
  /** Requests on the diagnostics channel of undici. */
  readonly observed?: number
  /** Undici is loaded. */
  readonly hasUndici?: boolean
  /** Requests to the server. */
  readonly requests?: number
}

const STUB: Expected = { stubCalls: 2 }
/** Keys are fetched with `node:http`. The token request uses the global `fetch`, so Node loads undici for it. */
const NODE_HTTP: Expected = { requests: 2, hasUndici: true }
const GLOBAL_FETCH: Expected = { requests: 2, hasUndici: true }

describe('the default of the option fetch', () => {
  it.each<[application: string, expected: Expected]>([
    ['does nothing', NODE_HTTP],
    ['restores fetch after the import', NODE_HTTP],
    ['replaces fetch before the import', STUB],
    ['replaces fetch after the import', STUB],
    ['replaces fetch after the creation', STUB],
    ['replaces fetch with a proxy object', STUB],
    ['has the fetch of another realm', STUB],
    ['removes fetch', { keys: 'unreachable', token: 'unreachable' }],
    ['binds the fetch of Node', GLOBAL_FETCH],
    ['calls fetch', { ...GLOBAL_FETCH, requests: 3 }],
    ['observes undici', { ...GLOBAL_FETCH, observed: 2 }],
    ['sets the dispatcher of undici', { hasUndici: true }],
  ])(
    'the default of fetch calls the right function in an application that %s',
    async (application, expected) => {
      const document = { ...jwks, access_token: 'token', token_type: 'Bearer', expires_in: 600 }
      let requests = 0
      const server = closing(
        await listen((_request, response) => {
          requests++
          response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document))
        }),
      )
      const args = [application, `${server.url}/`, JSON.stringify(document)]
      const found = await runProgram('default-fetch.mjs', args)
      const usual = { keys: 'keys', token: 'token', stubCalls: 0, observed: 0, hasUndici: false }
      // An idle connection does not keep the process alive.
      expect({ requests, ...found }).toEqual({ requests: 0, ...usual, ...expected, sockets: [] })
    },
  )
})

describe('the default of the option fetch over TLS', () => {
  const { good, untrusted, otherHost, expired, notYetValid } = certificates

  it.each<[server: string, ServerCertificate, trusted: ServerCertificate, result: string]>([
    ['a trusted certificate', good, good, 'keys'],
    ['an untrusted certificate', untrusted, good, 'no response (DEPTH_ZERO_SELF_SIGNED_CERT)'],
    [
      'the certificate of another host',
      otherHost,
      otherHost,
      'no response (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    ['an expired certificate', expired, expired, 'no response (CERT_HAS_EXPIRED)'],
    [
      'a certificate that is not valid yet',
      notYetValid,
      notYetValid,
      'no response (CERT_NOT_YET_VALID)',
    ],
  ])(
    'the default of fetch has the same result as the global fetch for %s',
    async (_server, certificate, trusted, result) => {
      const encodings: (string | undefined)[] = []
      const https = createHttpsServer(certificate, (request, response) => {
        encodings.push(request.headers['accept-encoding'])
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify(jwks))
      })
      const { port } = closing(await listen(https as unknown as Server))
      const folder = await mkdtemp(join(tmpdir(), 'bearward-'))
      closing({ close: () => rm(folder, { recursive: true }) })
      const NODE_EXTRA_CA_CERTS = join(folder, 'ca.pem')
      await writeFile(NODE_EXTRA_CA_CERTS, trusted.cert)

      const found = await runProgram('tls.mjs', [`https://127.0.0.1:${port}/jwks`], {
        NODE_EXTRA_CA_CERTS,
      })
      expect(found).toEqual({ byDefault: result, hasUndici: false, byGlobalFetch: result })
      expect(encodings[0]).toBe(result === 'keys' ? 'br, gzip, deflate' : undefined)
    },
  )
})
