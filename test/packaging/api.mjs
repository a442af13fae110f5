import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { ROOT } from './tarballs.mjs'

const ISSUER = 'https://as.example.com'
export const AUDIENCE = 'https://api.example.com'

/** Creates an issuer with a new key. `options` are the options of a guard for it, in JSON. `mint` signs a token. */
export async function createIssuer(issuer = ISSUER) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' }] }
  return {
    jwks,
    options: JSON.stringify({ issuer, audience: AUDIENCE, jwks }),
    mint: (audience = AUDIENCE) =>
      new SignJWT({ client_id: 'reports-cron', scope: 'read' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('reports-cron')
        .setIssuedAt()
        .setExpirationTime('5 min')
        .sign(privateKey),
  }
}

/** Creates a program that serves an application and prints its port. The options are its command-line argument. */
const createServeProgram = (application) => `import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApplication } from '${application}'

async function main(): Promise<void> {
  const server = createServer(await createApplication(JSON.parse(process.argv[2]!)))
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(\`\${(server.address() as AddressInfo).port}\\n\`)
  })
}

void main()
`

/** Returns the folder of an adapter in `test/frameworks`. */
export const getFrameworkFolder = (adapter) => join(ROOT, 'test/frameworks', adapter)

/** Writes the API of an adapter into a project: `serve.ts` as an ES module, `serve.cts` as CommonJS. */
export async function writeApi(project, adapter) {
  const application = join(getFrameworkFolder(adapter), 'application.ts')
  for (const [extension, compiled] of [
    ['ts', 'js'],
    ['cts', 'cjs'],
  ]) {
    await cp(application, join(project, `application.${extension}`))
    await writeFile(
      join(project, `serve.${extension}`),
      createServeProgram(`./application.${compiled}`),
    )
  }
}

/** Starts the API of a consumer, sends it one request of each kind, and stops it. Returns the responses. */
export async function requestApi({ options, mint }, project, program) {
  const api = spawn(process.execPath, [program, options], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await Promise.race([once(api.stdout, 'data'), once(api, 'exit')])
    const get = async (path, token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const response = await fetch(`http://127.0.0.1:${Number(port)}${path}`, { headers })
      return `${response.status} ${await response.text()}`
    }
    return {
      withoutToken: await get('/reports'),
      granted: await get('/reports', await mint()),
      otherAudience: await get('/reports', await mint('https://another.example.com')),
      missingScope: await get('/admin', await mint()),
    }
  } finally {
    api.kill()
  }
}

const toRefusal = (status, error, error_description) =>
  `${status} ${JSON.stringify({ error, error_description })}`

/** Responses that every API must send. */
export const RESPONSES = {
  withoutToken: toRefusal(401, 'unauthorized', 'An access token is required.'),
  granted: '200 {"caller":"reports-cron"}',
  otherAudience: toRefusal(401, 'invalid_token', 'The access token is not for this resource.'),
  missingScope: toRefusal(403, 'insufficient_scope', 'The access token lacks a required scope.'),
}
