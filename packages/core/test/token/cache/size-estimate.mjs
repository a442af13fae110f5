import { createSecretKey, hash } from 'node:crypto'
import { freezeJson } from '../../../src/lib/json.ts'
import { parseClaims } from '../../../src/lib/parse-json.ts'
import { readOptions } from '../../../src/options/read-options.ts'
import { toAccessToken } from '../../../src/token/to-access-token.ts'
import { TokenCache } from '../../../src/token/cache/token-cache.ts'

// Fills a cache with tokens whose claims are of one kind. Prints the estimated size and the memory used.

const issuer = 'https://as.example.com'
const secret = createSecretKey(Buffer.alloc(32, 1))
const { issuers } = readOptions({ issuer, audience: issuer, secret }).settings
const many = (length, make) => Array.from({ length }, (_, k) => make(k))

const KINDS = {
  small: () => ({}),
  usual: (i) => ({
    jti: `token-${i}`,
    scope: 'read write email',
    roles: ['a', 'b'],
    name: 'x'.repeat(99),
  }),
  scopes: () => ({ scope: 'a '.repeat(2000).trim() }),
  indexes: () => ({ list: many(300, () => ({ 20: 1 })) }),
  wide: (i) => Object.fromEntries(many(30, (k) => [`claim_${k}`, `${i}`])),
  gaps: () => ({ list: many(300, () => ({ 490: 1 })) }),
  fractions: () => ({ of: Object.fromEntries(many(400, (k) => [`k${k}`, k + 0.5])) }),
  shapes: (i) => ({ list: many(100, (k) => ({ [`s${i}_${k}`]: 1 })) }),
  objects: () => ({ list: many(800, () => ({})) }),
  text: () => ({ text: 'x'.repeat(9000) }),
}
const make = KINDS[process.argv[2]]

const cache = new TokenCache({ maxEntries: 5000, maxBytes: 8_388_608 })
function fill(i) {
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: `user-${i}`,
    client_id: 'web',
    exp: 1e9,
    ...make(i),
  }
  const parsed = freezeJson(parseClaims(Buffer.from(JSON.stringify(claims))))
  const token = toAccessToken(parsed, issuers[0], 'jwt')
  const signedBy = { algorithm: 'HS256', kid: undefined, thumbprint: '' }
  const name = hash('sha256', String(i), 'base64url')
  for (let time = 0; time < 2; time++)
    cache.add(name, { token, binding: {}, issuer: issuers[0], signedBy })
}
const heap = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

// Adds one token before the measurement, so one-time allocations are not measured.
fill(0)
const before = { used: heap(), ...cache.size }
for (let i = 1; i < 5000 && cache.size.bytes < 8_000_000; i++) fill(i)
const estimated = cache.size.bytes - before.bytes
process.stdout.write(JSON.stringify({ estimated, used: heap() - before.used }))
