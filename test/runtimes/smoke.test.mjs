/**
 * Tests of the built packages that every runtime passes. Each runtime runs them with its own test command, through
 * `npm run test:runtimes`, which puts the API of each adapter into `applications/`.
 */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { test } from 'node:test'
import { clientCredentials } from '@bearward/client'
import { createResourceServer } from '@bearward/core'
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'

const ISSUER = 'https://as.example.com'
const AUDIENCE = 'https://api.example.com'

const PUBLIC_KEY_ALGORITHMS =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA'.split(' ')
const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512']

/** An issuer with one key, generated for this run. */
async function createIssuer(alg, issuer = ISSUER) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const jwk = { ...(await exportJWK(publicKey)), alg, kid: alg }
  const token = (claims) => sign(privateKey, alg, { iss: issuer, ...claims })
  return { jwks: { keys: [jwk] }, token }
}

function sign(key, alg, claims) {
  const usual = { aud: AUDIENCE, sub: 'reports-cron', client_id: 'reports-cron', scope: 'read' }
  return new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg, typ: 'at+jwt', kid: alg })
    .setIssuedAt()
    .setExpirationTime('5 min')
    .sign(key)
}

const requestWith = (token) => ({
  method: 'GET',
  url: '/',
  headers: { authorization: `Bearer ${token}` },
})

/** Two good tokens, and one with the claims of the first and the signature of the second. */
async function assertTellsForged(options, token) {
  const [good, other] = await Promise.all([token(), token({ scope: 'admin' })])
  const forged = [...other.split('.').slice(0, 2), good.split('.')[2]].join('.')
  const guard = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, ...options }).guard()
  assert.equal((await guard(requestWith(good))).kind, 'granted')
  assert.equal((await guard(requestWith(other))).kind, 'granted')
  assert.equal((await guard(requestWith(forged))).reason, 'invalid_signature')
}

for (const alg of PUBLIC_KEY_ALGORITHMS) {
  test(`${alg}: verifies, and refuses what is forged`, async () => {
    const { jwks, token } = await createIssuer(alg)
    await assertTellsForged({ jwks }, token)
  })
}

for (const alg of HMAC_ALGORITHMS) {
  test(`${alg}: verifies, and refuses what is forged`, async () => {
    const secret = crypto.getRandomValues(new Uint8Array(64))
    const token = (claims) => sign(secret, alg, { iss: ISSUER, ...claims })
    await assertTellsForged({ secret, algorithms: [alg] }, token)
  })
}

test('verifies with the engine that is meant for the runtime', async () => {
  const { jwks, token } = await createIssuer('ES256')
  const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, jwks })
  await server.ready()
  const request = requestWith(await token())

  const { verify } = SubtleCrypto.prototype
  let byWebCrypto = 0
  SubtleCrypto.prototype.verify = function counted(...args) {
    byWebCrypto += 1
    return verify.apply(this, args)
  }
  try {
    const answer = server.authorize(request)
    assert.equal((await answer).kind, 'granted')
    const { bun, deno } = process.versions
    const expected = bun || deno ? ['later', 1] : ['at once', 0]
    assert.deepEqual([answer instanceof Promise ? 'later' : 'at once', byWebCrypto], expected)
  } finally {
    SubtleCrypto.prototype.verify = verify
  }
})

const require = createRequire(import.meta.url)

/** The adapters, and the API of each: `createApplication(options)` returns a listener for a server of Node. */
const APPLICATIONS = {}
for (const file of readdirSync(new URL('applications', import.meta.url))) {
  const { createApplication } = await import(`./applications/${file}`)
  APPLICATIONS[file.split('.')[0]] = createApplication
}

/** All that can be imported, such as `@bearward/core` and `@bearward/core/adapter`. */
const ENTRIES = ['client', 'core', ...Object.keys(APPLICATIONS)].flatMap((name) => {
  const { exports } = require(`@bearward/${name}/package.json`)
  const paths = Object.keys(exports).filter((path) => path !== './package.json')
  return paths.map((path) => `@bearward/${name}${path.slice(1)}`)
})

for (const entry of ENTRIES) {
  test(`${entry}: import and require return the same`, async () => {
    const imported = await import(entry)
    const required = require(entry)
    assert.deepEqual(Object.keys(imported), Object.keys(required))
    for (const name of Object.keys(imported)) assert.equal(imported[name], required[name])
  })
}

/** Starts a server on the loopback address, lets `use` use it, and closes it. */
async function serve(handler, use) {
  const server = createServer(handler)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(server.address().port)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** An authorization server that publishes metadata and keys. `documents` may be changed as it runs. */
function serveIssuer(use) {
  const documents = {}
  const answer = (request, response) => {
    const { status = 200, body = '', ...headers } = documents[request.url] ?? { status: 404 }
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
  return serve(answer, async (port) => {
    const url = `http://127.0.0.1:${port}`
    const { jwks, token } = await createIssuer('ES256', url)
    documents['/.well-known/openid-configuration'] = {
      body: JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }),
    }
    documents['/jwks'] = { body: JSON.stringify(jwks) }
    return use({ url, documents, token })
  })
}

test('finds the keys of an issuer, and outlives it', async () => {
  const { guard, token } = await serveIssuer(async ({ url, ...issuer }) => {
    const server = createResourceServer({ issuer: url, audience: AUDIENCE })
    await server.ready()
    assert.equal(server.status()[0].keys.state, 'fresh')
    return { guard: server.guard(), token: issuer.token }
  })
  assert.equal((await guard(requestWith(await token()))).kind, 'granted')
})

/** What an issuer may serve in place of its keys, and what is then reported. */
const NO_KEYS = {
  redirect: { status: 302, location: '/elsewhere' },
  too_large: { body: ' '.repeat(600_000) },
  content_type: { 'content-type': 'text/html', body: '{}' },
}

for (const [failure, document] of Object.entries(NO_KEYS)) {
  test(`takes no keys from an answer that is wrong by its ${failure}, and says 503`, async () => {
    await serveIssuer(async (issuer) => {
      issuer.documents['/jwks'] = document
      const failures = []
      const onEvent = (event) => event.type === 'keys_failed' && failures.push(event.failure)
      const server = createResourceServer({ issuer: issuer.url, audience: AUDIENCE, onEvent })
      const outcome = await server.authorize(requestWith(await issuer.token()))
      assert.deepEqual([outcome.status, outcome.headers['Retry-After']], [503, '1'])
      assert.deepEqual(failures, [failure])
    })
  })
}

test('gives up on an issuer that says nothing', async () => {
  const silent = () => {}
  await serve(silent, async (port) => {
    const issuer = `http://127.0.0.1:${port}`
    const { token } = await createIssuer('ES256', issuer)
    const server = createResourceServer({ issuer, audience: AUDIENCE, fetchTimeout: 0.05 })
    assert.equal((await server.authorize(requestWith(await token()))).status, 503)
  })
})

/** Sends a request as these bytes. Returns the bytes of the response. */
async function send(port, ...lines) {
  const socket = connect(port, '127.0.0.1')
  const request = ['GET /reports HTTP/1.1', 'Host: api', ...lines, 'Connection: close', '', '']
  socket.write(request.join('\r\n'))
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

for (const [adapter, createApplication] of Object.entries(APPLICATIONS)) {
  test(`${adapter}: guards an application`, async () => {
    const { jwks, token } = await createIssuer('ES256')
    const application = await createApplication({ issuer: ISSUER, audience: AUDIENCE, jwks })

    await serve(application, async (port) => {
      const good = await token()
      const get = (path, authorization) => {
        const headers = authorization ? { authorization } : {}
        return fetch(`http://127.0.0.1:${port}${path}`, { headers })
      }

      const granted = await get('/reports', `Bearer ${good}`)
      assert.equal(granted.status, 200)
      assert.deepEqual(await granted.json(), { caller: 'reports-cron' })

      const nobody = await get('/reports')
      assert.equal(nobody.status, 401)
      assert.equal(nobody.headers.get('www-authenticate'), 'Bearer realm="api", scope="read"')
      assert.equal(nobody.headers.get('cache-control'), 'no-store')

      const forbidden = await get('/admin', `Bearer ${good}`)
      assert.equal(forbidden.status, 403)
      assert.equal((await forbidden.json()).error, 'insufficient_scope')

      assert.equal((await get('/reports', 'Bearer two words')).status, 400)
    })
  })

  test(`${adapter}: refuses two Authorization lines, whichever of them is good`, async () => {
    const { jwks, token } = await createIssuer('ES256')
    const application = await createApplication({ issuer: ISSUER, audience: AUDIENCE, jwks })
    await serve(application, async (port) => {
      const good = `Authorization: Bearer ${await token()}`
      const bad = 'Authorization: Basic dXNlcjpwYXNz'
      assert.match(await send(port, good), /^HTTP\/1.1 200 /)
      for (const lines of [
        [good, bad],
        [bad, good],
        [good, good],
      ]) {
        assert.match(await send(port, ...lines), /^HTTP\/1.1 400 /)
      }
    })
  })

  test(`${adapter}: is configured by the environment`, async () => {
    const { optionsFromEnv } = require(`@bearward/${adapter}`)
    await serveIssuer(async ({ url, token }) => {
      process.env.BEARWARD_ISSUER = url
      process.env.BEARWARD_AUDIENCE = AUDIENCE
      const application = await createApplication(optionsFromEnv(process.env))
      delete process.env.BEARWARD_ISSUER
      delete process.env.BEARWARD_AUDIENCE
      await serve(application, async (port) => {
        const headers = { authorization: `Bearer ${await token()}` }
        const statuses = [
          (await fetch(`http://127.0.0.1:${port}/reports`, { headers })).status,
          (await fetch(`http://127.0.0.1:${port}/reports`)).status,
        ]
        assert.deepEqual(statuses, [200, 401])
      })
    })
  })
}

for (const alg of PUBLIC_KEY_ALGORITHMS) {
  test(`${alg}: signs the assertion of a client`, async () => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    for (const key of [privateKey, await exportJWK(privateKey)]) {
      let assertion
      const source = clientCredentials({
        issuer: ISSUER,
        tokenEndpoint: `${ISSUER}/token`,
        clientId: 'orders',
        clientAuthentication: { method: 'private_key_jwt', key, algorithm: alg },
        fetch: async (_url, { body }) => {
          assertion = new URLSearchParams(body).get('client_assertion')
          return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 60 })
        },
      })
      await source.getToken()
      await jwtVerify(assertion, publicKey, { issuer: 'orders', audience: ISSUER })
    }
  })
}

test('reports what happens, to its listener and to the diagnostics channel', async () => {
  const { jwks, token } = await createIssuer('ES256')
  const heard = []
  const published = []
  const onEvent = (event) => heard.push(event)
  const onMessage = (event) => published.push(event)
  const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, jwks, onEvent })
  const broken = () => {
    throw new Error('a broken subscriber, which must not end the process')
  }
  subscribe('bearward', broken)
  subscribe('bearward', onMessage)
  try {
    await server.authorize(requestWith(await token()), { scope: 'admin' })
  } finally {
    unsubscribe('bearward', broken)
    unsubscribe('bearward', onMessage)
  }
  assert.deepEqual(
    heard.map(({ type, reason }) => [type, reason]),
    [
      ['verified', undefined],
      ['refused', 'insufficient_scope'],
    ],
  )
  assert.deepEqual(published, heard)
})
