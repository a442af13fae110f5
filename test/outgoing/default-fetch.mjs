import { subscribe } from 'node:diagnostics_channel'
import { runInNewContext } from 'node:vm'

// Fetches keys and a token with the default of the option `fetch`. Prints the results and the effects on this process.
const [, , name, url, document] = process.argv

const fetchOfNode = globalThis.fetch
const effects = { stubCalls: 0, observed: 0 }
const headers = { 'content-type': 'application/json' }

/** Responds without the network, and without `Response`, which would load undici. */
async function stub() {
  effects.stubCalls++
  async function* body() {
    yield document
  }
  const get = (field) => headers[field.toLowerCase()] ?? null
  return { status: 200, type: 'basic', redirected: false, headers: { get }, body: body() }
}

/** Actions of an application: before the import of the package, after it, and after the creation of the resource server. */
const APPLICATIONS = {
  'does nothing': {},
  'replaces fetch before the import': { before: () => (globalThis.fetch = stub) },
  'replaces fetch after the import': { after: () => (globalThis.fetch = stub) },
  'replaces fetch after the creation': { later: () => (globalThis.fetch = stub) },
  'binds the fetch of Node': { before: () => (globalThis.fetch = fetchOfNode.bind(undefined)) },
  'replaces fetch with a proxy object': {
    before: () => (globalThis.fetch = new Proxy(fetchOfNode, { apply: stub })),
  },
  'restores fetch after the import': {
    before: () => (globalThis.fetch = stub),
    after: () => (globalThis.fetch = fetchOfNode),
  },
  'has the fetch of another realm': {
    before: () =>
      (globalThis.fetch = runInNewContext(`(${fetchOfNode.toString()})`, { fetchImpl: stub })),
  },
  'removes fetch': { before: () => delete globalThis.fetch },
  'calls fetch': { before: () => fetch(url).then((response) => response.text()) },
  'sets the dispatcher of undici': {
    async later() {
      const { MockAgent, setGlobalDispatcher } = await import('undici')
      const agent = new MockAgent()
      agent.disableNetConnect()
      const pool = agent.get(new URL(url).origin)
      for (const method of ['GET', 'POST'])
        pool.intercept({ path: '/', method }).reply(200, document, { headers })
      setGlobalDispatcher(agent)
    },
  },
  'observes undici': {
    later: () => subscribe('undici:request:create', () => effects.observed++),
  },
}

const { before, after, later } = APPLICATIONS[name]
await before?.()
const { createResourceServer } = await import('@bearward/core')
const { clientCredentials } = await import('@bearward/client')
await after?.()
const failures = []
const server = createResourceServer({
  issuer: 'https://as.example.com',
  audience: 'https://api.example.com',
  jwksUri: url,
  onEvent: ({ type, failure }) => type === 'keys_failed' && failures.push(failure),
})
const source = clientCredentials({
  tokenEndpoint: url,
  clientId: 'orders',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
  maxWait: 0,
})
await later?.()
const keys = await server.ready().then(
  () => 'keys',
  () => failures.join(),
)
const token = await source.getToken().then(
  ({ value }) => value,
  ({ code }) => code,
)
source.close()
const hasUndici = Object.getOwnPropertySymbols(globalThis).some(({ description }) =>
  description.startsWith('undici.globalDispatcher'),
)
// The connection is idle now. It must not keep the process alive.
await new Promise((resolve) => setImmediate(resolve))
const sockets = process.getActiveResourcesInfo().filter((type) => /TCP/.test(type))
process.stdout.write(JSON.stringify({ keys, token, ...effects, hasUndici, sockets }))
