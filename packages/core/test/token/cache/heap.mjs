import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { getHeapSnapshot } from 'node:v8'
import { createResourceServer } from '@bearward/core'

// Sends a token until it is cached, and prints which parts of the text of the token are in memory.

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'k' }
const issuer = 'https://as.example.com'
const server = createResourceServer({ issuer, audience: issuer, jwks: { keys: [jwk] } })
const subject = randomBytes(24).toString('hex')

/** Creates a token as bytes, because a heap snapshot does not contain bytes. */
function createToken() {
  const exp = Math.floor(Date.now() / 1000) + 300
  const claims = { iss: issuer, aud: issuer, sub: subject, client_id: 'cron', exp }
  const input = `${base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${base64url(claims)}`
  const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return Buffer.from(`${input}.${signature.toString('base64url')}`)
}

function send(token) {
  const headers = { authorization: `Bearer ${token.toString('latin1')}` }
  return server.authorize({ method: 'GET', url: '/', headers }).kind
}

const token = createToken()
const outcomes = [send(token), send(token), send(token)]
// The engine keeps the text of the last regular expression match. This match replaces that text.
'a'.match(/[ab]/)
await new Promise((resolve) => setImmediate(resolve))
globalThis.gc()

// The parts are bytes, because the snapshot would contain strings of this program.
const claims = token.indexOf('.') + 10
const parts = {
  subject: Buffer.from(subject),
  claims: token.subarray(claims, claims + 50),
  signature: token.subarray(-60, -10),
}

const chunks = []
for await (const chunk of getHeapSnapshot()) chunks.push(Buffer.from(chunk))
const snapshot = Buffer.concat(chunks)
const found = Object.keys(parts).filter((name) => snapshot.includes(parts[name]))
process.stdout.write(JSON.stringify({ outcomes, found }))
