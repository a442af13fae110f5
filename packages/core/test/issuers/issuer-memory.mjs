import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { createResourceServer } from '../../src/index.ts'

// Verifies one token of each of many tenants. Prints the memory per tenant, in bytes.

const [, , kind] = process.argv
const AUDIENCE = 'https://api.example.com'

const createRsaKeys = (count) =>
  Array.from({ length: count }, () => generateKeyPairSync('rsa', { modulusLength: 2048 }))
const createEcKey = () => [generateKeyPairSync('ec', { namedCurve: 'P-256' })]
const KINDS = {
  'one RSA key': { alg: 'RS256', createKeys: () => createRsaKeys(1) },
  'two RSA keys': { alg: 'RS256', createKeys: () => createRsaKeys(2) },
  'one EC key': { alg: 'ES256', createKeys: createEcKey },
  // Measures evicted tenants. The first tenants are not measured: they fill the list of remembered names.
  evicted: { alg: 'ES256', createKeys: createEcKey, maxEntries: 50, first: 600, more: 3000 },
}
const { alg, createKeys, maxEntries = 5000, first = 500, more = 1000 } = KINDS[kind]

const keys = createKeys()
const jwks = JSON.stringify({
  keys: keys.map(({ publicKey }, i) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid: `key-${i}`,
    use: 'sig',
    alg,
    x5t: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  })),
})

const authorizationServer = createServer(({ url }, response) => {
  const issuer = `${base}/${url.split('/')[1]}`
  response.setHeader('Content-Type', 'application/json')
  response.end(url.endsWith('/jwks') ? jwks : toMetadata(issuer))
})
await new Promise((resolve) => authorizationServer.listen(0, '127.0.0.1', resolve))
const base = `http://127.0.0.1:${authorizationServer.address().port}`

/** Returns metadata with the members that most authorization servers publish. */
function toMetadata(issuer) {
  return JSON.stringify({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  })
}

const server = createResourceServer({
  issuers: {
    match: (iss) => iss.startsWith(base),
    resolve: (iss) => ({ issuer: iss, audience: AUDIENCE }),
    maxEntries,
  },
})

const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')

async function verifyTenants(from, to) {
  for (let i = from; i < to; i++) {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: `${base}/t${i}`,
      aud: AUDIENCE,
      sub: 'a',
      exp: now + 3600,
      client_id: 'a',
    }
    const input = `${encode({ alg, typ: 'at+jwt', kid: 'key-0' })}.${encode(claims)}`
    const key = { key: keys[0].privateKey, dsaEncoding: 'ieee-p1363' }
    const signature = sign('sha256', Buffer.from(input), key).toString('base64url')
    const outcome = await server.verify(`${input}.${signature}`)
    if (outcome.kind !== 'granted') throw new Error(`${outcome.status} ${outcome.reason}`)
  }
}

async function measure() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, rss }
}

await verifyTenants(0, first)
const before = await measure()
await verifyTenants(first, first + more)
const after = await measure()
server.close()
authorizationServer.close()
authorizationServer.closeAllConnections()
const perTenant = (name) => Math.round((after[name] - before[name]) / more)
process.stdout.write(JSON.stringify({ used: perTenant('used'), rss: perTenant('rss') }))
