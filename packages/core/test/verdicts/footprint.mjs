import { createSecretKey, hash } from 'node:crypto'
import { parseJsonObject } from '../../dist/encoding/json.js'
import { readOptions } from '../../dist/options/read-options.js'
import { accessTokenOf } from '../../dist/token/access-token.js'
import { VerdictCache } from '../../dist/verdicts/verdict-cache.js'

// Fills a cache with verdicts on claims of one kind, and says what it accounts for and what it takes.

const issuer = 'https://as.example.com'
const secret = createSecretKey(Buffer.alloc(32, 1))
const { issuers } = readOptions({ issuer, audience: issuer, secret })
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

const cache = new VerdictCache({ entries: 5000, bytes: 8_388_608 })
function remember(i) {
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: `user-${i}`,
    client_id: 'web',
    exp: 1e9,
    ...make(i),
  }
  const parsed = parseJsonObject(Buffer.from(JSON.stringify(claims)))
  const token = accessTokenOf(parsed, issuers[0], 'jwt')
  const signedBy = { algorithm: 'HS256', kid: undefined, thumbprint: '' }
  const name = hash('sha256', String(i), 'base64url')
  for (let time = 0; time < 2; time++) cache.remember(name, { token, issuer: issuers[0], signedBy })
}
const heap = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

// What is made once, and what comes only with the first of a kind, is there before it is measured.
remember(0)
const before = { used: heap(), ...cache.size }
for (let i = 1; i < 5000 && cache.size.bytes < 8_000_000; i++) remember(i)
const accounted = cache.size.bytes - before.bytes
process.stdout.write(JSON.stringify({ accounted, used: heap() - before.used }))
