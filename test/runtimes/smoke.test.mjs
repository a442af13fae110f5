/**
 * Tests of the built packages that must pass with every runtime. `npm run test:runtimes` writes the API of each adapter
 * to `applications/`, and runs these tests with the test command of each runtime.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { clientCredentials } from '@bearward/client'
import { createResourceServer } from '@bearward/core'
import { EmbeddedJWK, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'

const ISSUER = 'https://as.example.com'
const AUDIENCE = 'https://api.example.com'

const PUBLIC_KEY_ALGORITHMS =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA'.split(' ')
const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512']

/** Creates an issuer with a new key. */
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

/** Asserts that two valid tokens are granted, and that a token with the signature of another token is refused. */
async function assertRejectsForged(options, token) {
  const [good, other] = await Promise.all([token(), token({ scope: 'admin' })])
  const forged = [...other.split('.').slice(0, 2), good.split('.')[2]].join('.')
  const guard = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, ...options }).guard()
  assert.equal((await guard(requestWith(good))).kind, 'granted')
  assert.equal((await guard(requestWith(other))).kind, 'granted')
  assert.equal((await guard(requestWith(forged))).reason, 'invalid_signature')
}

for (const alg of PUBLIC_KEY_ALGORITHMS) {
  test(`${alg}: a guard grants valid tokens and refuses a token with the signature of another token`, async () => {
    const { jwks, token } = await createIssuer(alg)
    await assertRejectsForged({ jwks }, token)
  })
}

for (const alg of HMAC_ALGORITHMS) {
  test(`${alg}: a guard grants valid tokens and refuses a token with the signature of another token`, async () => {
    const secret = crypto.getRandomValues(new Uint8Array(64))
    const token = (claims) => sign(secret, alg, { iss: ISSUER, ...claims })
    await assertRejectsForged({ secret, algorithms: [alg] }, token)
  })
}

const [major, minor] = process.versions.node.split('.').map(Number)
const isOnNode = !process.versions.bun && !process.versions.deno
/** Returns whether this runtime has ML-DSA. Some versions of Bun and Deno have it, as `SubtleCrypto.supports` shows. */
const hasMlDsa = (alg) =>
  isOnNode
    ? major > 24 || (major === 24 && minor >= 7)
    : SubtleCrypto.supports?.('verify', alg) === true

for (const alg of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']) {
  test(`${alg}: a guard verifies tokens if the runtime has the algorithm, and otherwise createResourceServer throws an error`, async () => {
    if (hasMlDsa(alg)) {
      const { jwks, token } = await createIssuer(alg)
      await assertRejectsForged({ jwks, algorithms: [alg] }, token)
    } else {
      const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg] }
      assert.throws(() => createResourceServer(options), /this runtime does not have/)
    }
  })
}

test('authorize verifies with node:crypto on Node, and with WebCrypto on Bun and Deno', async () => {
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
    const outcome = server.authorize(request)
    assert.equal((await outcome).kind, 'granted')
    const { bun, deno } = process.versions
    const expected = bun || deno ? ['asynchronous', 1] : ['synchronous', 0]
    assert.deepEqual(
      [outcome instanceof Promise ? 'asynchronous' : 'synchronous', byWebCrypto],
      expected,
    )
  } finally {
    SubtleCrypto.prototype.verify = verify
  }
})

const require = createRequire(import.meta.url)

/** APIs by adapter. `createApplication(options)` returns a request listener for an HTTP server of Node. */
const APPLICATIONS = {}
for (const file of readdirSync(new URL('applications', import.meta.url))) {
  const { createApplication } = await import(`./applications/${file}`)
  APPLICATIONS[file.split('.')[0]] = createApplication
}

/** Entry points of all packages, such as `@bearward/core` and `@bearward/core/adapter`. */
const ENTRIES = ['client', 'core', 'mcp', 'redis', ...Object.keys(APPLICATIONS)].flatMap((name) => {
  const { exports } = require(`@bearward/${name}/package.json`)
  const paths = Object.keys(exports).filter((path) => path !== './package.json')
  return paths.map((path) => `@bearward/${name}${path.slice(1)}`)
})

for (const entry of ENTRIES) {
  test(`${entry}: import and require return the same exports`, async () => {
    const imported = await import(entry)
    const required = require(entry)
    assert.deepEqual(Object.keys(imported), Object.keys(required))
    for (const name of Object.keys(imported)) assert.equal(imported[name], required[name])
  })
}

/** Starts a server on the loopback address, calls `use` with its port, and closes it. */
async function serve(handler, use) {
  const server = createServer(handler)
  // If a proxy closes the connection without a response, the global `fetch` of some versions of Node connects again and again.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(server.address().port)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Runs an authorization server with metadata and keys while `use` runs. `use` may change the served `documents`. */
function serveIssuer(use) {
  const documents = {}
  const respond = (request, response) => {
    const { status = 200, body = '', ...headers } = documents[request.url] ?? { status: 404 }
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
  return serve(respond, async (port) => {
    const url = `http://127.0.0.1:${port}`
    const { jwks, token } = await createIssuer('ES256', url)
    documents['/.well-known/openid-configuration'] = {
      body: JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }),
    }
    documents['/jwks'] = { body: JSON.stringify(jwks) }
    return use({ url, documents, token })
  })
}

test('a guard uses discovered keys after the issuer has stopped', async () => {
  const { guard, token } = await serveIssuer(async ({ url, ...issuer }) => {
    const server = createResourceServer({ issuer: url, audience: AUDIENCE })
    await server.ready()
    assert.equal(server.status().issuers[0].keys.state, 'fresh')
    return { guard: server.guard(), token: issuer.token }
  })
  assert.equal((await guard(requestWith(await token()))).kind, 'granted')
})

/** Invalid responses to a request for keys, by the failure that is reported. */
const INVALID_RESPONSES = {
  redirect: { status: 302, location: '/elsewhere' },
  too_large: { body: ' '.repeat(600_000) },
  content_type: { 'content-type': 'text/html', body: '{}' },
}

for (const [failure, document] of Object.entries(INVALID_RESPONSES)) {
  test(`authorize responds with 503 if the JWKS response has the failure ${failure}`, async () => {
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

/** Runs a program with this runtime in a new process, as an ES module of this folder. Returns its output. */
async function runProgram(program, env = {}) {
  const { bun, deno } = process.versions
  const flags = bun ? ['-e'] : deno ? ['eval'] : ['--input-type=module', '--eval']
  const options = { cwd: import.meta.dirname, env: { ...process.env, ...env }, timeout: 60_000 }
  return (await promisify(execFile)(process.execPath, [...flags, program], options)).stdout.trim()
}

/** Returns a program that fetches keys. */
const createKeysProgram = (jwksUri, then) => `import { createResourceServer } from '@bearward/core'
  const options = { issuer: '${ISSUER}', audience: '${AUDIENCE}', jwksUri: '${jwksUri}' }
  const server = createResourceServer(options)
  await server.ready().catch(() => {})
  ${then}`

test('ready() fetches keys without loading undici', async () => {
  await serveIssuer(async ({ url }) => {
    const program = createKeysProgram(
      `${url}/jwks`,
      `const symbols = Object.getOwnPropertySymbols(globalThis).map(String)
      const hasUndici = symbols.some((symbol) => symbol.includes('undici.globalDispatcher'))
      console.log(server.status().issuers[0].keys.state + ' ' + hasUndici)`,
    )
    assert.equal(await runProgram(program), 'fresh false')
  })
})

test('ready() uses the proxy of the environment if the global fetch uses it', async () => {
  const direct = []
  const respond = (request, response) => {
    direct.push(request.url)
    response.end('{}')
  }
  const refuse = (_request, response) => response.writeHead(502).end()
  await serve(respond, (port) =>
    serve(refuse, (proxy) => {
      const url = `http://127.0.0.1:${port}`
      const program = createKeysProgram(
        `${url}/by-bearward`,
        `await fetch('${url}/by-fetch').catch(() => {})`,
      )
      const HTTP_PROXY = `http://127.0.0.1:${proxy}`
      return runProgram(program, { NODE_USE_ENV_PROXY: '1', HTTP_PROXY, NO_PROXY: '' })
    }),
  )
  assert.equal(direct.includes('/by-bearward'), direct.includes('/by-fetch'))
  const { bun, deno } = process.versions
  const supportsProxy = process.allowedNodeEnvironmentFlags.has('--use-env-proxy')
  if (!bun && !deno) assert.equal(direct.length, supportsProxy ? 0 : 2)
})

test('authorize responds with 503 if the issuer does not respond within fetchTimeout', async () => {
  const silent = () => {}
  await serve(silent, async (port) => {
    const issuer = `http://127.0.0.1:${port}`
    const { token } = await createIssuer('ES256', issuer)
    const server = createResourceServer({ issuer, audience: AUDIENCE, fetchTimeout: 0.05 })
    assert.equal((await server.authorize(requestWith(await token()))).status, 503)
  })
})

/** Sends a request with exactly these header lines. Returns the whole response as text. */
async function send(port, ...lines) {
  const socket = connect(port, '127.0.0.1')
  const request = ['GET /reports HTTP/1.1', 'Host: api', ...lines, 'Connection: close', '', '']
  socket.write(request.join('\r\n'))
  let response = ''
  for await (const chunk of socket) response += chunk
  return response
}

for (const [adapter, createApplication] of Object.entries(APPLICATIONS)) {
  test(`${adapter}: an API responds to a token with 200, and to a wrong request with 401, 403 or 400`, async () => {
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

      const withoutToken = await get('/reports')
      assert.equal(withoutToken.status, 401)
      assert.equal(withoutToken.headers.get('www-authenticate'), 'Bearer realm="api", scope="read"')
      assert.equal(withoutToken.headers.get('cache-control'), 'no-store')

      const forbidden = await get('/admin', `Bearer ${good}`)
      assert.equal(forbidden.status, 403)
      assert.equal((await forbidden.json()).error, 'insufficient_scope')

      assert.equal((await get('/reports', 'Bearer two words')).status, 400)
    })
  })

  test(`${adapter}: an API refuses two Authorization headers with 400, even if both are valid`, async () => {
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

  test(`${adapter}: an API with optionsFromEnv responds to a request with a token with 200, and to a request without a token with 401`, async () => {
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

const MCP_RESOURCE = 'https://notes.example.com/mcp'
const MCP_OPTIONS = {
  scope: 'read',
  tools: { list: {}, purge: { scope: 'admin' } },
  bodyLimit: 1000,
}

/**
 * MCP servers with a guard, by framework. Each function returns a request listener for an HTTP server of Node, or a function for
 * web-standard requests.
 */
const MCP_SERVERS = {
  async express(bearward, createMcpGuard) {
    const { default: express } = await import('express')
    const { guard } = createMcpGuard(bearward, MCP_OPTIONS)
    const app = express()
    app.all('/mcp', guard, ({ auth, body }, response) => void response.json([auth, body]))
    return { listener: app }
  },
  async fastify(bearward, createMcpGuard) {
    const { default: fastify } = await import('fastify')
    const { route } = createMcpGuard(bearward, MCP_OPTIONS)
    const app = fastify()
    await app.register(bearward.plugin)
    const handler = async ({ raw, body }) => [raw.auth, body]
    app.route({ method: ['GET', 'POST', 'DELETE'], url: '/mcp', ...route, handler })
    await app.ready()
    return { listener: (request, response) => app.routing(request, response) }
  },
  async koa(bearward, createMcpGuard) {
    const { default: Koa } = await import('koa')
    const { guard } = createMcpGuard(bearward, MCP_OPTIONS)
    const app = new Koa().use(guard).use((context) => {
      context.body = [context.req.auth, context.request.body]
    })
    return { listener: app.callback() }
  },
  async hono(bearward, createMcpGuard) {
    const { Hono } = await import('hono')
    const { guard } = createMcpGuard(bearward, MCP_OPTIONS)
    const app = new Hono()
    app.all('/mcp', guard, (c) => c.json([c.get('auth'), c.get('parsedBody')]))
    return { fetch: (request) => app.fetch(request) }
  },
  async fetch(bearward, createMcpGuard) {
    const { protect } = createMcpGuard(bearward, MCP_OPTIONS)
    return { fetch: protect((_request, call) => Response.json([call.authInfo, call.parsedBody])) }
  },
}

/** Entry points of the adapter and of the guard. */
const MCP_MODULES = {
  express: ['@bearward/express', '@bearward/mcp/express'],
  fastify: ['@bearward/fastify', '@bearward/mcp/fastify'],
  koa: ['@bearward/koa', '@bearward/mcp/koa'],
  hono: ['@bearward/fetch/hono', '@bearward/mcp/hono'],
  fetch: ['@bearward/fetch', '@bearward/mcp'],
}

const callTool = (name, more = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, ...more } })

/** Returns a body in chunks, which has no length. */
function toChunks(text) {
  const chunks = text.match(/[^]{1,300}/g).map((chunk) => new TextEncoder().encode(chunk))
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
  })
}

for (const [name, createMcpServer] of Object.entries(MCP_SERVERS)) {
  test(`${name}: a guard of an MCP server grants and refuses tools, and limits bodies`, async () => {
    const [adapter, guard] = MCP_MODULES[name]
    const { createBearward } = await import(adapter)
    const { createMcpGuard } = await import(guard)
    const { jwks, token } = await createIssuer('ES256')
    const options = { issuer: ISSUER, resource: MCP_RESOURCE, jwks, logger: false }
    const { listener, fetch: respond } = await createMcpServer(
      createBearward(options),
      createMcpGuard,
    )
    const good = await token({ aud: MCP_RESOURCE })
    const admin = await token({ aud: MCP_RESOURCE, scope: 'read admin' })

    async function check(request) {
      const call = (body, authorization = `Bearer ${good}`) => {
        const headers = { 'content-type': 'application/json' }
        if (authorization !== '') headers.authorization = authorization
        return request({ method: 'POST', headers, body, duplex: 'half' })
      }
      for (const body of [callTool('list'), toChunks(callTool('list'))]) {
        const granted = await call(body)
        assert.equal(granted.status, 200)
        const [authInfo, parsed] = await granted.json()
        assert.deepEqual([authInfo.clientId, authInfo.scopes], ['reports-cron', ['read']])
        assert.equal(authInfo.resource, MCP_RESOURCE)
        assert.notEqual(authInfo.token, good)
        assert.equal(parsed.params.name, 'list')
      }
      assert.equal((await call(callTool('purge'), `Bearer ${admin}`)).status, 200)
      const forbidden = await call(callTool('purge'))
      assert.equal(forbidden.status, 403)
      assert.match(forbidden.headers.get('www-authenticate'), /scope="read admin"/)
      assert.equal((await call(callTool('other'))).status, 403)
      assert.equal((await call(callTool('list'), '')).status, 401)
      assert.equal((await call('{')).status, 400)
      const large = callTool('list', { padding: ' '.repeat(1000) })
      assert.equal((await call(large)).status, 413)
      assert.equal((await call(toChunks(large))).status, 413)
      const headers = { authorization: `Bearer ${good}` }
      assert.equal((await request({ method: 'GET', headers })).status, 200)
      assert.equal((await request({ method: 'DELETE' })).status, 401)
    }

    if (respond !== undefined) await check((init) => respond(new Request(MCP_RESOURCE, init)))
    else
      await serve(listener, (port) => check((init) => fetch(`http://127.0.0.1:${port}/mcp`, init)))
  })
}

/** Handlers with an event stream without an end. */
const MCP_STREAMS = {
  async express(guard) {
    const { default: express } = await import('express')
    const app = express().get('/mcp', guard.guard, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    })
    return { listener: app }
  },
  async fetch(guard) {
    const event = new TextEncoder().encode('data: 1\n\n')
    const start = (controller) => controller.enqueue(event)
    return { fetch: guard.protect(() => new Response(new ReadableStream({ start }))) }
  },
}

for (const [name, createStream] of Object.entries(MCP_STREAMS)) {
  test(`${name}: a guard of an MCP server ends an event stream when the token expires`, async () => {
    const [adapter, guard] = MCP_MODULES[name]
    const { createBearward } = await import(adapter)
    const { createMcpGuard } = await import(guard)
    const { jwks, token } = await createIssuer('ES256')
    // Each timer ends at once, and advances the clock by its time.
    let ahead = 0
    const now = () => Date.now() + ahead
    const after = (milliseconds, callback) => {
      const timer = setTimeout(() => {
        ahead += milliseconds
        callback()
      }, 0)
      return () => clearTimeout(timer)
    }
    const clock = { now, monotonic: now, after }
    const options = { issuer: ISSUER, resource: MCP_RESOURCE, jwks, clock, logger: false }
    const mcp = createMcpGuard(createBearward(options), { endStreamsAtExpiry: true })
    const { listener, fetch: respond } = await createStream(mcp)
    const init = { headers: { authorization: `Bearer ${await token({ aud: MCP_RESOURCE })}` } }
    const text =
      respond === undefined
        ? await serve(listener, async (port) =>
            (await fetch(`http://127.0.0.1:${port}/mcp`, init)).text(),
          )
        : await (await respond(new Request(MCP_RESOURCE, init))).text()
    assert.equal(text, 'data: 1\n\n')
  })
}

for (const alg of PUBLIC_KEY_ALGORITHMS) {
  test(`${alg}: getToken signs a client assertion with a CryptoKey and with a JWK`, async () => {
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

for (const alg of PUBLIC_KEY_ALGORITHMS) {
  test(`${alg}: source.headers signs a proof with a generated key, and with the key of the option dpop`, async () => {
    for (const key of [undefined, await generateKeyPair(alg, { extractable: true })]) {
      const source = clientCredentials({
        tokenEndpoint: `${ISSUER}/token`,
        clientId: 'orders',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a secret' },
        resource: AUDIENCE,
        dpop: key === undefined ? { algorithm: alg } : { key, algorithm: alg },
        fetch: async () => Response.json({ access_token: 'a', token_type: 'DPoP', expires_in: 60 }),
      })
      const { Authorization, DPoP } = await source.headers({ url: `${AUDIENCE}/reports?page=2` })
      assert.equal(Authorization, 'DPoP a')
      const { payload } = await jwtVerify(DPoP, EmbeddedJWK, { typ: 'dpop+jwt' })
      assert.deepEqual([payload.htm, payload.htu], ['GET', `${AUDIENCE}/reports`])
    }
  })
}

test('onEvent and the diagnostics channel get the same events, even if a subscriber throws', async () => {
  // This test has a separate issuer. Servers of other tests may still fetch keys, and publish their events to the same channel.
  const issuer = 'https://events.example.com'
  const { jwks, token } = await createIssuer('ES256', issuer)
  const received = []
  const published = []
  const onEvent = (event) => received.push(event)
  const onMessage = (event) => {
    if (event.issuer === issuer) published.push(event)
  }
  const server = createResourceServer({ issuer, audience: AUDIENCE, jwks, onEvent })
  const onMessageThrows = () => {
    throw new Error('An error of a subscriber must not end the process.')
  }
  subscribe('bearward', onMessageThrows)
  subscribe('bearward', onMessage)
  try {
    await server.authorize(requestWith(await token()), { scope: 'admin' })
  } finally {
    unsubscribe('bearward', onMessageThrows)
    unsubscribe('bearward', onMessage)
  }
  assert.deepEqual(
    received.map(({ type, reason }) => [type, reason]),
    [
      ['verified', undefined],
      ['refused', 'insufficient_scope'],
    ],
  )
  assert.deepEqual(published, received)
})
